// What the index writer can't hold in memory: streams of uvarints, in blocks of one temporary file.
// Bytes: blocks of kScratchBlockBytes or less, one after another, each of whole uvarints. Where a block lies, and its
// CRC-32C, stays in memory (24 bytes a block), so that a block that is damaged, or isn't there, is noticed when it is
// read. The file has no name from the moment on in which it is open: nothing is left of it, however the process ends.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "encoding/bytes.h"
#include "encoding/varint.h"
#include "file/file_system.h"

namespace promfill {

inline constexpr std::size_t kScratchBlockBytes = 16 << 10;

struct ScratchBlock {
  std::uint64_t offset = 0;
  std::uint32_t bytes = 0;
  std::uint32_t crc = 0;
};

/// Blocks in, blocks out. The first failure, of writing or reading, is kept, and every later call fails with it.
class ScratchFile {
 public:
  /// @param directory  exists; "" for none, then nothing may be appended. The file is made by the first append().
  ScratchFile(FileSystem& fs, std::string directory) : fs_(&fs), directory_(std::move(directory)) {}

  [[nodiscard]] bool usable() const { return !directory_.empty(); }
  [[nodiscard]] Status status() const;
  Result<ScratchBlock> append(ByteView bytes);
  /// Fill `out`, which has the block's length.
  /// @error kCorrupt  it isn't what was written.
  Status read(const ScratchBlock& block, std::span<std::uint8_t> out);
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  /// Create the file, open it for reading too, and remove its name.
  Status create();
  Status fail(Error error);

  FileSystem* fs_;
  std::string directory_;
  std::unique_ptr<WritableFile> writable_;
  std::unique_ptr<ReadableFile> readable_;
  std::uint64_t bytes_ = 0;
  std::optional<Error> failed_;
};

/// Numbers in the order in which they were put: the first in memory, up to a limit, the later ones in the file.
class ScratchStream {
 public:
  /// @param memory_bytes_max  beside one block, which is always held. Of no effect where `scratch` is not usable.
  explicit ScratchStream(std::uint64_t memory_bytes_max = 0) : memory_bytes_max_(memory_bytes_max) {}

  /// A failure is kept by `scratch`, for its status().
  void put(std::uint64_t x, ScratchFile& scratch) {
    if (block_.size() - used_ < kVarintBytesMax) [[unlikely]]
      next_block(scratch);
    used_ += put_uvarint(block_.data() + used_, x);
  }
  /// Write what is left to the file as well, and hold no block any more. Nothing may be put after it.
  void close(ScratchFile& scratch);

  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  friend class ScratchReader;
  /// A block that is complete: in memory, or, where `held` is empty, in the file.
  struct Part {
    Bytes held;
    ScratchBlock block;
  };
  void next_block(ScratchFile& scratch);
  void append(ScratchFile& scratch);

  std::uint64_t memory_bytes_max_;
  std::uint64_t held_bytes_ = 0;
  std::vector<Part> parts_;
  Bytes block_;           ///< the one being filled
  std::size_t used_ = 0;  ///< bytes of block_
};

/// Reads a stream from its beginning. The stream is borrowed and gets no more numbers meanwhile.
class ScratchReader {
 public:
  ScratchReader(const ScratchStream& stream, ScratchFile& scratch) : stream_(&stream), scratch_(&scratch) {}

  /// The next number; 0 after the end, and after a failure, which `scratch` keeps for its status().
  std::uint64_t next() {
    if (position_ == end_ && !load()) [[unlikely]]
      return 0;
    std::uint64_t x = *position_++;
    if (x < 0x80) [[likely]]
      return x;
    x &= 0x7f;
    for (unsigned shift = 7;; shift += 7) {  // ends within the block: it holds whole numbers
      const std::uint8_t byte = *position_++;
      x |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return x;
    }
  }
  /// Whether no number is left, also because of a failure.
  [[nodiscard]] bool at_end() { return position_ == end_ && !load(); }

 private:
  /// Go to the next part. False where there is none.
  bool load();

  const ScratchStream* stream_;
  ScratchFile* scratch_;
  std::size_t next_part_ = 0;
  Bytes buffer_;  ///< of a part in the file
  const std::uint8_t* position_ = nullptr;
  const std::uint8_t* end_ = nullptr;
};

}  // namespace promfill
