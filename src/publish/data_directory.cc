// See data_directory.h.
#include "publish/data_directory.h"

#include <algorithm>

#include "block/block_reader.h"

namespace promfill {
namespace {

Result<std::uint64_t> bytes_below(FileSystem& fs, const std::string& path) {
  const auto entries = fs.list(path);
  if (!entries) return std::uint64_t{0};
  std::uint64_t bytes = 0;
  for (const DirectoryEntry& entry : *entries) {
    const std::string name = join_path(path, entry.name);
    if (entry.kind == FileKind::kDirectory) {
      PROMFILL_TRY(const std::uint64_t below, bytes_below(fs, name));
      bytes += below;
    } else if (const auto info = fs.info(name)) {
      bytes += info->size_bytes;
    }
  }
  return bytes;
}

}  // namespace

bool ExistingBlock::in_order() const { return std::ranges::find(meta.hints, "from-out-of-order") == meta.hints.end(); }

Result<DataDirectory> read_data_directory(FileSystem& fs, const std::string& path) {
  DataDirectory directory;
  PROMFILL_TRY(directory.path, real_path_of(path));
  PROMFILL_TRY(directory.owner, owner_of(directory.path));
  PROMFILL_TRY(directory.free_bytes, fs.free_bytes(directory.path));
  PROMFILL_TRY(const auto entries, fs.list(directory.path));
  for (const DirectoryEntry& entry : entries) {
    const auto ulid = Ulid::parse(entry.name);
    if (entry.kind != FileKind::kDirectory || !ulid) continue;
    const std::string block = join_path(directory.path, entry.name);
    auto meta = read_block_meta(fs, block);
    const auto bytes = block_bytes(fs, block);
    if (!meta || !bytes) {
      if (exists(fs, block)) directory.broken.push_back(block);
      continue;
    }
    directory.known.insert(*ulid);
    directory.known.insert(meta->sources.begin(), meta->sources.end());
    directory.blocks.push_back({block, *std::move(meta), *bytes});
  }
  const std::string wal = join_path(directory.path, "wal");
  PROMFILL_TRY(const std::uint64_t wal_bytes, bytes_below(fs, wal));
  PROMFILL_TRY(const std::uint64_t wbl_bytes, bytes_below(fs, join_path(directory.path, "wbl")));
  PROMFILL_TRY(const std::uint64_t chunk_bytes, bytes_below(fs, join_path(directory.path, "chunks_head")));
  directory.head_bytes = wal_bytes + wbl_bytes + chunk_bytes;
  directory.has_wal = wal_bytes > 0;
  return directory;
}

std::optional<Timestamp> end_of_in_order_blocks(const DataDirectory& directory) {
  std::optional<Timestamp> end;
  for (const ExistingBlock& block : directory.blocks) {
    if (block.in_order() && (!end || block.meta.range.max > *end)) end = block.meta.range.max;
  }
  return end;
}

const ExistingBlock* find_descendant(const DataDirectory& directory, const Ulid& ulid) {
  const auto found = std::ranges::find_if(directory.blocks, [&ulid](const ExistingBlock& block) {
    return block.meta.ulid == ulid || std::ranges::find(block.meta.sources, ulid) != block.meta.sources.end();
  });
  return found == directory.blocks.end() ? nullptr : &*found;
}

}  // namespace promfill
