// Index file writer: symbols, series, postings, postings offset table, TOC — in that order, in one pass.
// Bytes: docs/format/index.md; the same for every memory limit. Invariants: symbols and series arrive strictly
// increasing; series entries are 16-byte aligned, postings lists 4-byte. Not thread-safe.
// Memory: 8 bytes a label of a series, 1 a series, 1 for 8 symbols, a few MiB; at finish() 16 more for each series that
// has the most used label name, and 3 a label pair. With a scratch directory what passes the limit given goes through a
// temporary file.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chunk/chunk_meta.h"
#include "section/index_file.h"
#include "section/index_format.h"
#include "section/label_postings.h"
#include "section/postings_table.h"
#include "section/scratch_file.h"
#include "section/series_entry.h"
#include "section/symbol_table.h"

namespace promfill {

struct IndexWriterOptions {
  IndexLimits limits{};
  /// What the writer should hold at most; of effect only with `scratch`. Below some MiB it is a wish: buffers, 1 bit a
  /// symbol, and of labels and names in use the last ones stay in memory.
  std::uint64_t memory_bytes = std::numeric_limits<std::uint64_t>::max();
  /// An existing directory for temporary files, best on the file system of the index; "" keeps all in memory. The files
  /// lose their names as soon as they are open: they go with the writer, also when the process is killed.
  std::string scratch{};
};

class IndexWriter {
 public:
  /// @param fs  outlives the writer.
  static Result<IndexWriter> create(FileSystem& fs, const std::string& path, IndexWriterOptions options = {});

  /// The next symbol in byte order; "" is added by create() as symbol 0 and must not be given. Its reference is the
  /// number of symbols added before it plus 1. Symbols that no series uses are allowed, as in blocks of a Prometheus
  /// server.
  /// @error kUsage  not above its predecessor, or series were begun; kLimit  table over 4 GiB.
  Status add_symbol(std::string_view symbol);

  /// The next series in label order. A refused series leaves the writer as it was.
  /// @param labels  sorted by name; because symbols are sorted, symbol order is byte order.
  /// @param chunks  n ≥ 1 in time order without overlap, references not falling over the whole file.
  /// @error kUsage  order, empty labels, unknown symbols, wrong stage; kLimit  over 64 GiB; kNoSpace, kIo  of index or
  ///   temporary file: nothing can follow then.
  Status add_series(std::span<const SymbolPair> labels, std::span<const ChunkMeta> chunks);

  /// Write postings, offset table and TOC; sync and close.
  /// @error kUsage  called before; kLimit  a section over 4 GiB, the file over 64 GiB; kCorrupt  a temporary file is
  /// not
  ///   what was written to it.
  Status finish() &&;
  [[nodiscard]] std::uint64_t bytes_written() const { return file_.position(); }
  /// What is held now, and what finish() will need on top to sort.
  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  enum class Stage : std::uint8_t { kSymbols, kSeries, kDone };
  static std::string_view to_string(Stage stage);

  IndexWriter(FileSystem& fs, IndexFile file, const IndexWriterOptions& options);

  /// Error unless `call`, which belongs to `stage`, can still come.
  Status require_stage(Stage stage, std::string_view call) const {
    if (stage_ <= stage && stage_ != Stage::kDone) [[likely]]
      return {};
    return wrong_stage(stage, call);
  }
  [[nodiscard]] Error wrong_stage(Stage stage, std::string_view call) const;
  Status check_labels(std::span<const SymbolPair> labels);
  Status check_chunks(std::span<const SymbolPair> labels, std::span<const ChunkMeta> chunks);
  [[nodiscard]] Error label_problem(std::span<const SymbolPair> labels);
  /// Complete the symbol section, unless that is done.
  Status end_symbols();
  Status write_postings();
  Status write_toc();
  /// For messages: labels as in a query. A symbol that can't be read back is shown by its number.
  [[nodiscard]] std::string text(std::span<const SymbolPair> labels);
  [[nodiscard]] std::string text(SymbolRef symbol);

  IndexFile file_;
  Stage stage_ = Stage::kSymbols;
  IndexToc toc_;
  SymbolTable symbols_;
  SeriesEncoder encoder_;
  std::vector<SymbolPair> last_labels_;
  ChunkRef last_chunk_;
  SeriesRef last_series_;
  std::uint64_t series_count_ = 0;
  ScratchFile scratch_;
  ScratchStream series_;  // references, each less the one before
  LabelPostings label_postings_;
  PostingsTable postings_table_;
};

}  // namespace promfill
