// Index writer; see index_writer.h.
#include "index/index_writer.h"

#include <algorithm>
#include <array>

#include "encoding/big_endian.h"
#include "promfill/labels.h"
#include "section/postings.h"

namespace promfill {
namespace {

// Shares of the memory given. The rest is for buffers, and for what grows too slowly to be worth a file.
constexpr std::uint64_t kSymbolsShare = 8;
constexpr std::uint64_t kLabelsShare = 2;
constexpr std::uint64_t kSeriesShare = 16;
constexpr std::uint64_t kTableShare = 16;
/// More symbols are read back faster than they could be copied from one growing buffer to the next.
constexpr std::uint64_t kSymbolTextBytesMax = 4 << 20;

std::string number(std::int64_t n) { return std::to_string(n); }

std::uint64_t key(const SymbolPair& label) { return std::uint64_t{label.name.value} << 32 | label.value.value; }

/// Whether `labels` come after `before`.
bool rises(std::span<const SymbolPair> before, std::span<const SymbolPair> labels) {
  const std::size_t shared = std::min(before.size(), labels.size());
  for (std::size_t i = 0; i < shared; ++i) {
    if (before[i] != labels[i]) return key(before[i]) < key(labels[i]);
  }
  return before.size() < labels.size();
}

}  // namespace

IndexWriter::IndexWriter(FileSystem& fs, IndexFile file, const IndexWriterOptions& options)
    : file_(std::move(file)),
      symbols_(std::min(options.memory_bytes / kSymbolsShare, kSymbolTextBytesMax)),
      scratch_(fs, options.scratch),
      series_(options.memory_bytes / kSeriesShare),
      label_postings_(options.memory_bytes / kLabelsShare),
      postings_table_(options.memory_bytes / kTableShare) {}

Result<IndexWriter> IndexWriter::create(FileSystem& fs, const std::string& path, IndexWriterOptions options) {
  PROMFILL_TRY(IndexFile file, IndexFile::create(fs, path, options.limits));
  IndexWriter writer(fs, std::move(file), options);
  std::array<std::uint8_t, kIndexHeaderBytes> header;
  store_be32(header.data(), kIndexMagic);
  header[4] = kIndexVersion;
  PROMFILL_TRY_STATUS(writer.file_.append(header, "write header"));
  writer.toc_.symbols = writer.file_.position();
  PROMFILL_TRY_STATUS(writer.symbols_.begin(writer.file_));
  return writer;
}

Status IndexWriter::add_symbol(std::string_view symbol) {
  PROMFILL_TRY_STATUS(require_stage(Stage::kSymbols, "add symbol"));
  if (symbol <= symbols_.last()) {
    return file_.refuse(ErrorCode::kUsage, "add symbol: " + quote_label_value(symbol) +
                                               " is not above its predecessor " + quote_label_value(symbols_.last()));
  }
  PROMFILL_TRY_STATUS(file_.check_section(symbols_.content_bytes_with(symbol), "add symbol: symbol table"));
  return symbols_.add(symbol, file_);
}

Status IndexWriter::add_series(std::span<const SymbolPair> labels, std::span<const ChunkMeta> chunks) {
  PROMFILL_TRY_STATUS(require_stage(Stage::kSeries, "add series"));
  PROMFILL_TRY_STATUS(check_labels(labels));
  PROMFILL_TRY_STATUS(check_chunks(labels, chunks));
  PROMFILL_TRY_STATUS(end_symbols());

  const ByteView entry = encoder_.encode(file_.position(), labels, chunks);
  const std::uint64_t offset = (file_.position() + kSeriesAlignment - 1) / kSeriesAlignment * kSeriesAlignment;
  PROMFILL_TRY_STATUS(file_.append(entry, "add series"));
  const SeriesRef series{static_cast<std::uint32_t>(offset / kSeriesAlignment)};
  series_.put(series.value - last_series_.value, scratch_);
  label_postings_.add(labels, series);
  last_labels_.assign(labels.begin(), labels.end());
  last_chunk_ = chunks.back().ref;
  last_series_ = series;
  ++series_count_;
  if (scratch_.usable() && label_postings_.full()) [[unlikely]]
    label_postings_.spill(scratch_);
  return scratch_.status();
}

Status IndexWriter::finish() && {
  PROMFILL_TRY_STATUS(require_stage(Stage::kDone, "finish"));
  PROMFILL_TRY_STATUS(scratch_.status());
  PROMFILL_TRY_STATUS(end_symbols());
  stage_ = Stage::kDone;
  PROMFILL_TRY_STATUS(write_postings());
  PROMFILL_TRY_STATUS(write_toc());
  return std::move(file_).finish();
}

std::uint64_t IndexWriter::memory_bytes() const {
  return FileWriter::kBufferBytes + symbols_.memory_bytes() + series_.memory_bytes() + label_postings_.memory_bytes() +
         postings_table_.memory_bytes();
}

std::string_view IndexWriter::to_string(Stage stage) {
  constexpr std::array<std::string_view, 3> kNames{"symbols", "series", "done"};
  return kNames[static_cast<std::size_t>(stage)];
}

Error IndexWriter::wrong_stage(Stage stage, std::string_view call) const {
  std::string message(call);
  message.append(": invalid stage ").append(to_string(stage)).append(", currently at ").append(to_string(stage_));
  return file_.refuse(ErrorCode::kUsage, std::move(message));
}

Status IndexWriter::check_labels(std::span<const SymbolPair> labels) {
  const std::uint32_t count = symbols_.size();
  bool sound = !labels.empty();
  std::uint32_t previous = 0;  // "" is symbol 0: a first name must be above it too
  for (const SymbolPair& label : labels) {
    sound &=
        label.name.value > previous && label.name.value < count && label.value.value < count && label.value.value != 0;
    previous = label.name.value;
  }
  if (sound && rises(last_labels_, labels)) [[likely]]
    return {};
  return label_problem(labels);
}

Error IndexWriter::label_problem(std::span<const SymbolPair> labels) {
  if (labels.empty()) return file_.refuse(ErrorCode::kUsage, "add series: it has no labels");
  for (const SymbolPair& label : labels) {
    if (label.name.value >= symbols_.size() || label.value.value >= symbols_.size()) {
      return file_.refuse(ErrorCode::kUsage, "add series: symbol " +
                                                 std::to_string(std::max(label.name, label.value).value) +
                                                 " does not exist, there are " + std::to_string(symbols_.size()));
    }
  }
  SymbolRef previous{0};
  for (const SymbolPair& label : labels) {
    if (label.name <= previous) {
      return file_.refuse(ErrorCode::kUsage,
                          "add series: label names of " + text(labels) + " don't rise or one is empty");
    }
    if (label.value.value == 0) {
      return file_.refuse(ErrorCode::kUsage,
                          "add series: label " + quote_label_value(text(label.name)) + " has an empty value");
    }
    previous = label.name;
  }
  return file_.refuse(ErrorCode::kUsage,
                      "add series: " + text(labels) + " is not above its predecessor " + text(last_labels_));
}

Status IndexWriter::check_chunks(std::span<const SymbolPair> labels, std::span<const ChunkMeta> chunks) {
  const auto problem = [&](std::string what) {
    return file_.refuse(ErrorCode::kUsage, "add series: " + text(labels) + ": " + std::move(what));
  };
  if (chunks.empty()) return problem("it has no chunks");
  ChunkRef last_ref = last_chunk_;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const ChunkMeta& chunk = chunks[i];
    if (chunk.ref < last_ref) {
      return problem("chunk reference " + std::to_string(chunk.ref.value) + " is below its predecessor " +
                     std::to_string(last_ref.value));
    }
    if (chunk.maxt < chunk.mint) {
      return problem("chunk ends at " + number(chunk.maxt.ms) + ", before it begins at " + number(chunk.mint.ms));
    }
    if (i > 0 && chunk.mint <= chunks[i - 1].maxt) {
      return problem("chunk begins at " + number(chunk.mint.ms) + ", not after its predecessor's end at " +
                     number(chunks[i - 1].maxt.ms));
    }
    last_ref = chunk.ref;
  }
  return {};
}

Status IndexWriter::end_symbols() {
  if (stage_ != Stage::kSymbols) return {};
  PROMFILL_TRY_STATUS(symbols_.end(file_));
  toc_.series = file_.position();
  stage_ = Stage::kSeries;
  return {};
}

Status IndexWriter::write_postings() {
  // The two TOC fields stand before the padding, as Prometheus has them.
  toc_.label_indices = toc_.postings = file_.position();
  PROMFILL_TRY_STATUS(file_.pad_to(kPostingsAlignment, "write postings"));
  const std::uint64_t first_list = file_.position();
  PostingsWriter lists(file_, postings_table_, scratch_);
  PROMFILL_TRY_STATUS(lists.begin({}, series_count_));
  ScratchReader differences(series_, scratch_);
  SeriesRef series;
  for (std::uint64_t i = 0; i < series_count_; ++i) {
    series.value += static_cast<std::uint32_t>(differences.next());
    lists.add(series);
  }
  PROMFILL_TRY_STATUS(scratch_.status());
  PROMFILL_TRY_STATUS(lists.end());
  series_ = ScratchStream();
  PROMFILL_TRY_STATUS(label_postings_.drain(scratch_, lists));
  PROMFILL_TRY_STATUS(lists.flush());

  toc_.label_indices_table = toc_.postings_table = file_.position();
  PROMFILL_TRY(SymbolReader symbols, SymbolReader::open(symbols_, file_));
  return postings_table_.write(file_, symbols, first_list, scratch_);
}

Status IndexWriter::write_toc() {
  ByteWriter toc;
  encode_toc(toc_, toc);
  return file_.append(toc.view(), "write table of contents");
}

std::string IndexWriter::text(std::span<const SymbolPair> labels) {
  std::string out = "{";
  for (const SymbolPair& label : labels) {
    if (out.size() > 1) out += ",";
    out += text(label.name) + "=" + quote_label_value(text(label.value));
  }
  return out + "}";
}

std::string IndexWriter::text(SymbolRef symbol) {
  if (auto symbols = SymbolReader::open(symbols_, file_)) {
    if (const auto found = symbols->text(symbol)) return std::string(*found);
  }
  return "symbol " + std::to_string(symbol.value);
}

}  // namespace promfill
