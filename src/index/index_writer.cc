// Index writer; see index_writer.h.
#include "index/index_writer.h"

#include <algorithm>
#include <array>

#include "encoding/crc32c.h"
#include "index/postings_table.h"
#include "promfill/labels.h"

namespace promfill {
namespace {

constexpr std::size_t kTableFlushBytes = 1 << 16;

constexpr std::uint64_t align_up(std::uint64_t position, std::uint64_t alignment) {
  return (position + alignment - 1) & ~(alignment - 1);
}

std::string number(std::int64_t n) { return std::to_string(n); }

}  // namespace

Result<IndexWriter> IndexWriter::create(FileSystem& fs, const std::string& path, IndexLimits limits) {
  PROMFILL_TRY(FileWriter file, FileWriter::create(fs, path));
  IndexWriter writer(std::move(file), path, limits);
  ByteWriter header;
  header.be32(kIndexMagic);
  header.u8(kIndexVersion);
  PROMFILL_TRY_STATUS(writer.append(header.view(), "write header"));
  return writer;
}

Status IndexWriter::add_symbol(std::string_view symbol) {
  PROMFILL_TRY_STATUS(require_stage(Stage::kSymbols, "add symbol"));
  if (symbol <= symbols_.last()) {
    return refuse(ErrorCode::kUsage, "add symbol: " + quote_label_value(symbol) + " is not above its predecessor " +
                                         quote_label_value(symbols_.last()));
  }
  PROMFILL_TRY_STATUS(check_section(symbols_.content_bytes_with(symbol), "add symbol: symbol table"));
  symbols_.add(symbol);
  return {};
}

Status IndexWriter::add_series(std::span<const SymbolPair> labels, std::span<const ChunkMeta> chunks) {
  PROMFILL_TRY_STATUS(require_stage(Stage::kSeries, "add series"));
  PROMFILL_TRY_STATUS(check_labels(labels));
  PROMFILL_TRY_STATUS(check_chunks(labels, chunks));
  PROMFILL_TRY_STATUS(end_symbols());

  const std::uint64_t offset = align_up(file_.position(), kSeriesAlignment);
  PROMFILL_TRY_STATUS(append(encoder_.encode(file_.position(), labels, chunks), "add series"));
  const SeriesRef series{static_cast<std::uint32_t>(offset / kSeriesAlignment)};
  series_.push_back(series);
  for (const SymbolPair& label : labels) label_postings_.add(label, series);
  last_labels_.assign(labels.begin(), labels.end());
  last_chunk_ = chunks.back().ref;
  return {};
}

Status IndexWriter::finish() && {
  PROMFILL_TRY_STATUS(require_stage(Stage::kDone, "finish"));
  PROMFILL_TRY_STATUS(end_symbols());
  stage_ = Stage::kDone;
  PROMFILL_TRY_STATUS(write_postings());
  PROMFILL_TRY_STATUS(write_offset_table());
  PROMFILL_TRY_STATUS(write_toc());
  return std::move(file_).finish();
}

std::string_view IndexWriter::to_string(Stage stage) {
  constexpr std::array<std::string_view, 3> kNames{"symbols", "series", "done"};
  return kNames[static_cast<std::size_t>(stage)];
}

Error IndexWriter::wrong_stage(Stage stage, std::string_view call) const {
  std::string message(call);
  message.append(": invalid stage ").append(to_string(stage)).append(", currently at ").append(to_string(stage_));
  return refuse(ErrorCode::kUsage, std::move(message));
}

Status IndexWriter::check_labels(std::span<const SymbolPair> labels) const {
  if (labels.empty()) return refuse(ErrorCode::kUsage, "add series: it has no labels");
  SymbolRef previous{0};
  for (const SymbolPair& label : labels) {
    if (label.name.value >= symbols_.size() || label.value.value >= symbols_.size()) {
      return refuse(ErrorCode::kUsage, "add series: symbol " + std::to_string(std::max(label.name, label.value).value) +
                                           " does not exist, there are " + std::to_string(symbols_.size()));
    }
    if (label.name <= previous) {  // "" is symbol 0: a first name must be above it too
      return refuse(ErrorCode::kUsage, "add series: label names of " + text(labels) + " don't rise or one is empty");
    }
    if (label.value.value == 0) {
      return refuse(ErrorCode::kUsage,
                    "add series: label " + quote_label_value(symbols_.text(label.name)) + " has an empty value");
    }
    previous = label.name;
  }
  if (!std::lexicographical_compare(last_labels_.begin(), last_labels_.end(), labels.begin(), labels.end())) {
    return refuse(ErrorCode::kUsage,
                  "add series: " + text(labels) + " is not above its predecessor " + text(last_labels_));
  }
  return {};
}

Status IndexWriter::check_chunks(std::span<const SymbolPair> labels, std::span<const ChunkMeta> chunks) const {
  const auto problem = [&](std::string what) {
    return refuse(ErrorCode::kUsage, "add series: " + text(labels) + ": " + std::move(what));
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

Status IndexWriter::check_section(std::uint64_t content_bytes, std::string_view section) const {
  if (content_bytes <= limits_.section_bytes_max) return {};
  std::string message(section);
  message.append(" exceeds ").append(std::to_string(limits_.section_bytes_max)).append(" bytes");
  return refuse(ErrorCode::kLimit, std::move(message), "use shorter blocks or fewer series");
}

Status IndexWriter::append(ByteView bytes, std::string_view step) {
  if (bytes.size() > limits_.index_bytes_max - file_.position()) {
    std::string message(step);
    message.append(": index exceeds ").append(std::to_string(limits_.index_bytes_max)).append(" bytes");
    return refuse(ErrorCode::kLimit, std::move(message), "use shorter blocks or fewer series");
  }
  return file_.append(bytes);
}

Status IndexWriter::end_symbols() {
  if (stage_ != Stage::kSymbols) return {};
  std::array<std::uint8_t, 8> head;  // length of content, then the content's first field, the count
  store_be32(head.data(), static_cast<std::uint32_t>(symbols_.content_bytes()));
  store_be32(head.data() + 4, static_cast<std::uint32_t>(symbols_.size()));
  std::array<std::uint8_t, 4> crc;
  store_be32(crc.data(), crc32c_extend(crc32c(ByteView(head).last(4)), symbols_.encoded()));

  toc_.symbols = file_.position();
  PROMFILL_TRY_STATUS(append(head, "write symbols"));
  PROMFILL_TRY_STATUS(append(symbols_.encoded(), "write symbols"));
  PROMFILL_TRY_STATUS(append(crc, "write symbols"));
  toc_.series = file_.position();
  label_postings_ = LabelPostings(symbols_.size());
  stage_ = Stage::kSeries;
  return {};
}

Status IndexWriter::write_postings() {
  // The two TOC fields stand before the padding, as Prometheus has them.
  toc_.label_indices = toc_.postings = file_.position();
  constexpr std::array<std::uint8_t, kPostingsAlignment> kZeros{};
  PROMFILL_TRY_STATUS(
      append(ByteView(kZeros).first(align_up(toc_.postings, kPostingsAlignment) - toc_.postings), "write postings"));
  Bytes buffer;
  const auto write_list = [&](SymbolPair label, std::span<const SeriesRef> series) -> Status {
    PROMFILL_TRY_STATUS(check_section(postings_list_bytes(series.size()) - 8, "write postings: a list"));
    lists_.push_back({label, static_cast<std::uint32_t>(series.size())});
    return append(encode_postings_list(series, buffer), "write postings");
  };
  PROMFILL_TRY_STATUS(write_list({}, series_));
  return label_postings_.drain(write_list);
}

Status IndexWriter::write_offset_table() {
  const std::uint64_t first_list = align_up(toc_.postings, kPostingsAlignment);
  std::uint64_t content_bytes = sizeof(std::uint32_t);
  std::uint64_t offset = first_list;
  for (const WrittenList& list : lists_) {
    content_bytes +=
        postings_entry_bytes(symbols_.encoded(list.label.name), symbols_.encoded(list.label.value), offset);
    offset += postings_list_bytes(list.count);
  }
  PROMFILL_TRY_STATUS(check_section(content_bytes, "write postings offset table: table"));
  PROMFILL_ASSERT(offset == file_.position());
  toc_.label_indices_table = toc_.postings_table = offset;

  ByteWriter table;
  std::uint32_t crc = 0;
  const auto flush = [&]() -> Status {
    crc = crc32c_extend(crc, table.view());
    PROMFILL_TRY_STATUS(append(table.view(), "write postings offset table"));
    table.clear();
    return {};
  };
  table.be32(static_cast<std::uint32_t>(content_bytes));
  PROMFILL_TRY_STATUS(append(table.view(), "write postings offset table"));
  table.clear();
  table.be32(static_cast<std::uint32_t>(lists_.size()));
  offset = first_list;
  for (const WrittenList& list : lists_) {
    encode_postings_entry(symbols_.encoded(list.label.name), symbols_.encoded(list.label.value), offset, table);
    offset += postings_list_bytes(list.count);
    if (table.size() >= kTableFlushBytes) PROMFILL_TRY_STATUS(flush());
  }
  PROMFILL_TRY_STATUS(flush());
  table.be32(crc);
  return append(table.view(), "write postings offset table");
}

Status IndexWriter::write_toc() {
  ByteWriter toc;
  encode_toc(toc_, toc);
  return append(toc.view(), "write table of contents");
}

std::string IndexWriter::text(std::span<const SymbolPair> labels) const {
  std::string out = "{";
  for (const SymbolPair& label : labels) {
    if (out.size() > 1) out += ",";
    out += std::string(symbols_.text(label.name)) + "=" + quote_label_value(symbols_.text(label.value));
  }
  return out + "}";
}

Error IndexWriter::refuse(ErrorCode code, std::string message, std::string hint) const {
  return Error{code, std::move(message), path_, std::move(hint)};
}

}  // namespace promfill
