// Index file writer: symbols, series, postings, postings offset table, TOC — in that order, in one pass.
// Bytes: docs/format/index.md. Invariants: symbols and series arrive strictly increasing; series entries are 16-byte
// aligned, postings lists 4-byte. Memory: the symbol table and 4 bytes a symbol; 4 bytes a series and 8 for each of its
// labels; at finish() also 12 a label pair. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chunk/chunk_meta.h"
#include "encoding/byte_writer.h"
#include "file/file_writer.h"
#include "index/index_format.h"
#include "index/postings.h"
#include "index/series_entry.h"
#include "index/symbol_table.h"

namespace promfill {

/// The format's own limits; tests lower them.
struct IndexLimits {
  std::uint64_t index_bytes_max = kIndexBytesMax;
  std::uint64_t section_bytes_max =
      kSectionBytesMax;  ///< content of symbols, of one postings list, of the offset table
};

class IndexWriter {
 public:
  static Result<IndexWriter> create(FileSystem& fs, const std::string& path, IndexLimits limits = {});

  /// The next symbol in byte order; "" is added by create() as symbol 0 and must not be given. Its reference is the
  /// number of symbols added before it plus 1. Symbols that no series uses are allowed, as in blocks of a Prometheus
  /// server.
  /// @error kUsage  not above its predecessor, or series were begun; kLimit  table over 4 GiB.
  Status add_symbol(std::string_view symbol);

  /// The next series in label order. A refused series leaves the writer as it was.
  /// @param labels  sorted by name; because symbols are sorted, symbol order is byte order.
  /// @param chunks  n ≥ 1 in time order without overlap, references not falling over the whole file.
  /// @error kUsage  order, empty labels, unknown symbols, wrong stage; kLimit  over 64 GiB.
  Status add_series(std::span<const SymbolPair> labels, std::span<const ChunkMeta> chunks);

  /// Write postings, offset table and TOC; sync and close.
  /// @error kUsage  called before; kLimit  a section over 4 GiB, the file over 64 GiB.
  Status finish() &&;
  [[nodiscard]] std::uint64_t bytes_written() const { return file_.position(); }

 private:
  enum class Stage : std::uint8_t { kSymbols, kSeries, kDone };
  static std::string_view to_string(Stage stage);

  /// A list that was written; lists lie one after another, so that its place follows from those before.
  struct WrittenList {
    SymbolPair label;
    std::uint32_t count = 0;
  };

  IndexWriter(FileWriter file, std::string path, IndexLimits limits)
      : file_(std::move(file)), path_(std::move(path)), limits_(limits) {}

  /// Error unless `call`, which belongs to `stage`, can still come.
  Status require_stage(Stage stage, std::string_view call) const {
    if (stage_ <= stage && stage_ != Stage::kDone) [[likely]]
      return {};
    return wrong_stage(stage, call);
  }
  [[nodiscard]] Error wrong_stage(Stage stage, std::string_view call) const;
  Status check_labels(std::span<const SymbolPair> labels) const;
  Status check_chunks(std::span<const SymbolPair> labels, std::span<const ChunkMeta> chunks) const;
  Status check_section(std::uint64_t content_bytes, std::string_view section) const;
  Status append(ByteView bytes, std::string_view step);
  /// Write the symbol section, unless that is done.
  Status end_symbols();
  Status write_postings();
  Status write_offset_table();
  Status write_toc();
  [[nodiscard]] std::string text(std::span<const SymbolPair> labels) const;
  [[nodiscard]] Error refuse(ErrorCode code, std::string message, std::string hint = "") const;

  FileWriter file_;
  std::string path_;
  IndexLimits limits_;
  Stage stage_ = Stage::kSymbols;
  IndexToc toc_;
  SymbolTable symbols_;
  SeriesEncoder encoder_;
  std::vector<SymbolPair> last_labels_;
  ChunkRef last_chunk_;
  std::vector<SeriesRef> series_;
  LabelPostings label_postings_{0};  // made for the number of symbols when series begin
  std::vector<WrittenList> lists_;
};

}  // namespace promfill
