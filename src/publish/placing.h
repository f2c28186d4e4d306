// Puts blocks into a data directory: copied or cut under a name that Prometheus passes over, on the same file system,
// verified, synced, given to the directory's owner, and only then renamed, one after another. Before the first rename
// the manifest is durable. What dies on the way leaves complete blocks, or none, and a staging folder that the next run
// removes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "publish/manifest.h"
#include "publish/preflight.h"

namespace promfill {

/// What was placed of a piece, and what of it was not.
struct PlacedPiece {
  PlacedBlock block{};
  std::uint64_t left_out = 0;  ///< samples that are served already
};

class Placing {
 public:
  /// Hold the directory for this process, and remove what one that died left in its staging.
  /// @error kRefused  another publication is at work.
  static Result<Placing> begin(FileSystem& fs, const DataDirectory& directory);
  Placing(Placing&& other) noexcept;
  Placing& operator=(Placing&&) = delete;
  /// Remove the staging.
  ~Placing();

  /// Copy or cut the pieces into the staging, verify them, and make them durable. Pieces of which nothing is left are
  /// passed over.
  Status stage(const std::vector<Piece>& pieces);
  [[nodiscard]] const std::vector<PlacedPiece>& staged() const { return staged_; }
  /// Give the blocks their names. Those that were placed when it fails stay: they are complete.
  /// @error kCorrupt  a block is not what was staged.
  Status commit();

 private:
  struct Hold;
  Placing(FileSystem& fs, DataDirectory directory, std::unique_ptr<Hold> hold);
  Status stage_piece(const Piece& piece);
  [[nodiscard]] std::string staged_path(const Ulid& ulid) const;

  FileSystem* fs_;
  DataDirectory directory_;
  std::unique_ptr<Hold> hold_;
  std::vector<PlacedPiece> staged_;
};

/// The folder in a data directory for blocks that are on their way in or out; Prometheus passes over it.
std::string publish_staging(const std::string& data_directory);
/// Remove it with all in it, and its parent if that is empty.
Status remove_publish_staging(FileSystem& fs, const std::string& data_directory);

}  // namespace promfill
