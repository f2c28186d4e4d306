// See rollback.h.
#include "publish/rollback.h"

#include "publish/data_directory.h"
#include "publish/manifest.h"
#include "publish/placing.h"

namespace promfill {
namespace {

Status take_out(FileSystem& fs, const DataDirectory& directory, const PlacedBlock& placed, RollbackReport& report) {
  const ExistingBlock* const found = find_descendant(directory, placed.ulid);
  if (found == nullptr) {
    report.absent.push_back(placed.ulid);
    return {};
  }
  if (found->meta.ulid != placed.ulid) {
    report.compacted.push_back({placed.ulid, found->meta.ulid});
    return {};
  }
  PROMFILL_TRY(const std::uint64_t bytes, unchanging_bytes(fs, found->directory));
  if (bytes != placed.bytes) {
    report.changed.push_back(placed.ulid);
    return {};
  }
  const std::string out = join_path(publish_staging(directory.path), placed.ulid.text());
  PROMFILL_TRY_STATUS(fs.rename(found->directory, out));
  report.removed.push_back(placed.ulid);
  return {};
}

/// A compaction that had begun may end after the block has gone, and keep what it read.
Status find_late_compactions(FileSystem& fs, RollbackReport& report) {
  PROMFILL_TRY(const DataDirectory directory, read_data_directory(fs, report.data_directory));
  for (const Ulid& ulid : report.removed) {
    const ExistingBlock* const found = find_descendant(directory, ulid);
    if (found != nullptr) report.compacted.push_back({ulid, found->meta.ulid});
  }
  return {};
}

}  // namespace

Result<RollbackReport> roll_back(FileSystem& fs, const std::string& path) {
  PROMFILL_TRY(PublishManifest manifest, read_manifest(fs, path));
  PROMFILL_TRY(const DataDirectory directory, read_data_directory(fs, manifest.data_directory));
  RollbackReport report{.data_directory = directory.path};
  PROMFILL_TRY(const Placing held, Placing::begin(fs, directory));
  for (const PlacedBlock& block : manifest.blocks) PROMFILL_TRY_STATUS(take_out(fs, directory, block, report));
  PROMFILL_TRY_STATUS(fs.sync_directory(directory.path));
  PROMFILL_TRY_STATUS(find_late_compactions(fs, report));
  if (report.compacted.empty() && report.changed.empty()) {
    manifest.state = PublishState::kRolledBack;
    PROMFILL_TRY_STATUS(write_manifest(fs, path, manifest));
  }
  return report;
}

}  // namespace promfill
