// Everything that is looked at before a data directory is touched: what would harm the server or the data there, each
// with its reason and the way out, and which part of which block is to be placed. Changes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "publish/data_directory.h"
#include "publish/manifest.h"
#include "publish/served_samples.h"
#include "publish/server.h"

namespace promfill {

enum class OnOverlap : std::uint8_t {
  kFail,
  kKeepExisting,  ///< leave out every sample whose series and time are served
};

struct PreflightOptions {
  std::string source{};  ///< a block, or a directory of blocks
  std::string data_directory{};
  OnOverlap on_overlap = OnOverlap::kFail;
  std::optional<Retention> retention{};  ///< of a server that is not running; without it Prometheus's default, 15 days
  Timestamp now{};
};

enum class Verdict : std::uint8_t { kOk, kNote, kRefused };

std::string_view to_string(Verdict verdict);

struct Finding {
  std::string check{};  ///< "future", "head", "retention", …
  Verdict verdict = Verdict::kOk;
  std::string where{};  ///< a block, or empty
  std::string message{};
  std::string way_out{};  ///< what to do about it
};

/// Of one source block, what is to be placed now.
struct Piece {
  std::string directory{};
  BlockMeta meta{};
  TimeRange range{};  ///< that is taken of it
  Ulid ulid{};        ///< to be
  std::uint64_t bytes = 0;
  OverlapCount overlap{};

  /// Copied as it is.
  [[nodiscard]] bool is_whole() const { return range == meta.range && overlap.samples() == 0; }
};

/// What must wait until the head has moved on.
struct Remainder {
  Ulid source{};
  TimeRange range{};
};

struct Preflight {
  std::optional<ServerFacts> server{};
  DataDirectory directory{};
  Timestamp bound{};  ///< no sample at or after it is placed
  std::vector<Finding> findings{};
  std::vector<Piece> pieces{};
  std::vector<Remainder> later{};
  std::uint64_t already_published = 0;  ///< blocks

  [[nodiscard]] bool refused() const;
  /// The first refusal, as an error.
  [[nodiscard]] Error error() const;
};

/// The name of what is cut from a block: the same for the same part of the same block.
Ulid ulid_of_piece(const Ulid& source, TimeRange range);

/// @param server  null: it is stopped, which is checked.
/// @error what kept it from looking; dangers are findings.
Result<Preflight> run_preflight(FileSystem& fs, const PreflightOptions& options, Server* server);

}  // namespace promfill
