// See placing.h.
#include "publish/placing.h"

#include <algorithm>
#include <utility>

#include "block/block_reader.h"
#include "block/block_verifier.h"
#include "publish/trimmed_block.h"

namespace promfill {
namespace {

constexpr std::size_t kCopyBytes = 1 << 20;

/// Not synced: the file system is, once, when all is copied.
Status copy_unsynced(FileSystem& fs, const std::string& from, const std::string& to) {
  PROMFILL_TRY(const auto in, fs.open(from));
  PROMFILL_TRY(const auto out, fs.create(to));
  Bytes buffer(std::min<std::uint64_t>(kCopyBytes, std::max<std::uint64_t>(in->size(), 1)));
  for (std::uint64_t offset = 0;;) {
    PROMFILL_TRY(const std::size_t size, in->read_at(offset, buffer));
    if (size == 0) break;
    PROMFILL_TRY_STATUS(out->append(ByteView(buffer).first(size)));
    offset += size;
  }
  return out->close();
}

/// meta.json last: without it a directory is no block.
Status copy_block(FileSystem& fs, const std::string& from, const std::string& to) {
  PROMFILL_TRY_STATUS(fs.create_directory(to));
  PROMFILL_TRY_STATUS(fs.create_directory(join_path(to, kChunksDirectory)));
  PROMFILL_TRY(const auto segments, fs.list(join_path(from, kChunksDirectory)));
  for (const DirectoryEntry& segment : segments) {
    const std::string name = join_path(kChunksDirectory, segment.name);
    PROMFILL_TRY_STATUS(copy_unsynced(fs, join_path(from, name), join_path(to, name)));
  }
  PROMFILL_TRY(const auto entries, fs.list(from));
  for (const DirectoryEntry& entry : entries) {
    if (entry.kind != FileKind::kFile || entry.name == kMetaFile) continue;
    PROMFILL_TRY_STATUS(copy_unsynced(fs, join_path(from, entry.name), join_path(to, entry.name)));
  }
  return copy_unsynced(fs, join_path(from, kMetaFile), join_path(to, kMetaFile));
}

Status verify(FileSystem& fs, const std::string& path, const Ulid& ulid, VerifyDepth depth) {
  const VerifyReport report = verify_block(fs, path, {.depth = depth}, ulid.text());
  if (report.ok()) return {};
  return Error{ErrorCode::kCorrupt, "a copied block does not verify: " + report.problems.front(), path,
               "the disk may be failing"};
}

}  // namespace

std::string publish_staging(const std::string& data_directory) {
  return join_path(data_directory, ".promfill/publish");
}

Status remove_publish_staging(FileSystem& fs, const std::string& data_directory) {
  PROMFILL_TRY_STATUS(remove_tree(fs, publish_staging(data_directory)));
  const std::string parent = join_path(data_directory, ".promfill");
  const auto left = fs.list(parent);
  return left && left->empty() ? fs.remove_empty_directory(parent) : Status();
}

struct Placing::Hold {
  std::unique_ptr<FileLock> of_directory;  ///< against other publications
  std::unique_ptr<FileLock> of_server;     ///< against a server that is started, where there was one
};

Placing::Placing(FileSystem& fs, DataDirectory directory, std::unique_ptr<Hold> hold)
    : fs_(&fs), directory_(std::move(directory)), hold_(std::move(hold)) {}
Placing::Placing(Placing&& other) noexcept = default;

Placing::~Placing() {
  if (hold_) (void)remove_publish_staging(*fs_, directory_.path);
}

Result<Placing> Placing::begin(FileSystem& fs, const DataDirectory& directory) {
  auto hold = std::make_unique<Hold>();
  PROMFILL_TRY(auto lock, try_lock_existing(directory.path));
  if (!lock) {
    return Error{ErrorCode::kRefused, "another process publishes into this directory", directory.path,
                 "wait until it is done"};
  }
  hold->of_directory = *std::move(lock);
  // Of a stopped server; that of a running one is held by it.
  if (auto server = try_lock_existing(join_path(directory.path, "lock")); server && *server) {
    hold->of_server = *std::move(*server);
  }
  Placing placing(fs, directory, std::move(hold));
  const std::string staging = publish_staging(directory.path);
  PROMFILL_TRY_STATUS(remove_tree(fs, staging));
  PROMFILL_TRY(const auto made, create_directories(fs, staging));
  return placing;
}

std::string Placing::staged_path(const Ulid& ulid) const {
  return join_path(publish_staging(directory_.path), ulid.text());
}

Status Placing::stage_piece(const Piece& piece) {
  const std::string path = staged_path(piece.ulid);
  PlacedPiece placed{.block = {.source = piece.meta.ulid, .ulid = piece.ulid, .range = piece.range}};
  if (piece.is_whole()) {
    PROMFILL_TRY_STATUS(copy_block(*fs_, piece.directory, path));
    placed.block.samples = piece.meta.stats.samples;
  } else {
    PROMFILL_TRY(const BlockReader reader, BlockReader::open(*fs_, piece.directory));
    PROMFILL_TRY(ServedSamples served, ServedSamples::open(*fs_, directory_, piece.range));
    PROMFILL_TRY(const TrimmedBlock trimmed, write_trimmed(*fs_, reader, piece.range, &served, path, piece.ulid));
    placed.left_out = trimmed.served;
    if (!trimmed.written) return {};
    placed.block.samples = trimmed.written->meta.stats.samples;
  }
  PROMFILL_TRY_STATUS(verify(*fs_, path, piece.ulid, VerifyDepth::kSamples));
  PROMFILL_TRY(placed.block.bytes, unchanging_bytes(*fs_, path));
  staged_.push_back(placed);
  return {};
}

Status Placing::stage(const std::vector<Piece>& pieces) {
  for (const Piece& piece : pieces) PROMFILL_TRY_STATUS(stage_piece(piece));
  const std::string staging = publish_staging(directory_.path);
  if (current_owner() != directory_.owner && current_owner().user == 0) {
    PROMFILL_TRY_STATUS(give_tree(*fs_, staging, directory_.owner));
  }
  return fs_->sync_file_system(staging);
}

Status Placing::commit() {
  // The newest first: of a stopped server the newest block says what may be placed, so that whoever goes on where this
  // was cut short may place the rest.
  std::ranges::sort(staged_, std::ranges::greater(), [](const PlacedPiece& piece) { return piece.block.range.max; });
  for (const PlacedPiece& piece : staged_) {
    const Ulid& ulid = piece.block.ulid;
    PROMFILL_TRY_STATUS(fs_->rename(staged_path(ulid), join_path(directory_.path, ulid.text())));
  }
  PROMFILL_TRY_STATUS(fs_->sync_directory(directory_.path));
  for (const PlacedPiece& piece : staged_) {
    const std::string path = join_path(directory_.path, piece.block.ulid.text());
    // A running server may have merged it into another block by now.
    if (const Status good = verify(*fs_, path, piece.block.ulid, VerifyDepth::kChecksums);
        !good && exists(*fs_, path)) {
      return good;
    }
  }
  return {};
}

}  // namespace promfill
