// After blocks are placed: wait until the server has them, by asking for what is in them. Of each block the number of
// samples and some series, chosen by chance, are held against the server's answers: floats bit by bit (the API's texts
// are exact, but all NaNs are one), native histograms by time and sum.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "publish/placing.h"
#include "publish/server.h"

namespace promfill {

struct AskBackOptions {
  /// Until the first block is served completely; Prometheus looks for new blocks once a minute.
  std::chrono::milliseconds timeout{std::chrono::minutes(3)};
  std::size_t series_max = 400;     ///< in all
  std::size_t series_a_block = 20;  ///< at most
  std::function<bool()> is_stopped{};
};

struct AskedBack {
  std::uint64_t blocks = 0;   ///< whose number of samples was compared
  std::uint64_t series = 0;   ///< compared sample by sample
  std::uint64_t samples = 0;  ///< of these
  double seconds = 0;         ///< until all was served
};

/// @param before  the directory as it was: its blocks' samples are served as well.
/// @error kData  the server has not got it, or something else, when the time is over; kStopped.
Result<AskedBack> ask_back(FileSystem& fs, Server& server, const ServerFacts& facts, const DataDirectory& before,
                           const std::vector<PlacedPiece>& placed, const std::vector<Piece>& pieces,
                           const AskBackOptions& options);

}  // namespace promfill
