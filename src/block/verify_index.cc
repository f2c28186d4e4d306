// Index walk; see verify_index.h. Bytes: docs/format/index.md.
#include "block/verify_index.h"

#include <algorithm>

#include "block/verify_postings.h"
#include "encoding/byte_reader.h"
#include "promfill/labels.h"
#include "section/symbol_table.h"

namespace promfill {
namespace {

constexpr std::uint64_t kFrameBytes = 4 + 4;  // length before, checksum after

constexpr std::uint64_t align_series(std::uint64_t offset) {
  return (offset + kSeriesAlignment - 1) / kSeriesAlignment * kSeriesAlignment;
}

/// Times and references of a series must rise; `last` is the reference of the chunk before this series.
std::optional<std::string> chunk_order_problem(std::span<const ChunkMeta> chunks, ChunkRef last) {
  if (chunks.empty()) return "no chunks";
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const std::string which = "chunk " + std::to_string(i);
    if (chunks[i].maxt < chunks[i].mint) return which + " ends before it starts";
    if (i > 0 && chunks[i].mint <= chunks[i - 1].maxt) return which + " starts before the one before it has ended";
    if (chunks[i].ref <= last) return which + " does not lie behind the chunk before it";
    last = chunks[i].ref;
  }
  return std::nullopt;
}

std::optional<std::string> label_problem(std::span<const SymbolPair> labels,
                                         std::span<const std::string_view> symbols) {
  if (labels.empty()) return "no labels";
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (symbols[labels[i].name.value].empty()) return "a label has no name";
    if (symbols[labels[i].value.value].empty()) return "a label has no value";
    if (i > 0 && labels[i].name <= labels[i - 1].name) return "label names do not rise";
  }
  return std::nullopt;
}

/// Which symbols some series uses; the first, "", belongs to the key of all postings.
class SymbolUse {
 public:
  explicit SymbolUse(std::size_t symbols) : used_(symbols, false) { used_[0] = true; }

  void mark(std::span<const SymbolPair> labels) {
    for (const SymbolPair label : labels) used_[label.name.value] = used_[label.value.value] = true;
  }
  void report(std::span<const std::string_view> symbols, Findings& findings) const {
    const auto first = std::ranges::find(used_, false);
    if (first == used_.end()) return;
    const auto unused = std::ranges::count(used_, false);
    findings.oddity("index: no series uses " + std::to_string(unused) + " of the symbols, the first of them is " +
                    quote_label_value(symbols[static_cast<std::size_t>(first - used_.begin())]));
  }

 private:
  std::vector<bool> used_;
};

}  // namespace

std::optional<WalkedIndex> WalkedIndex::walk(Bytes file, Findings& findings) {
  WalkedIndex index(std::move(file));
  if (!index.check_frame(findings) || !index.check_symbols(findings)) return std::nullopt;
  index.check_series(findings);
  return index;
}

bool WalkedIndex::check_frame(Findings& findings) {
  if (file_.size() < kIndexHeaderBytes + kTocBytes) {
    findings.problem("index: the file has only " + std::to_string(file_.size()) + " bytes");
    return false;
  }
  ByteReader header(file_);
  if (header.be32() != kIndexMagic) findings.problem("index: wrong magic number");
  if (const auto version = header.u8(); version != kIndexVersion) {
    findings.problem("index: version is " + std::to_string(version) + ", not " + std::to_string(kIndexVersion));
    return false;
  }
  auto toc = parse_toc(ByteView(file_).last(kTocBytes));
  if (!toc) {
    findings.problem("index: " + toc.error().text());
    return false;
  }
  toc_ = *toc;
  if (toc_.symbols != kIndexHeaderBytes || toc_.series < toc_.symbols || toc_.label_indices < toc_.series ||
      toc_.postings < toc_.label_indices || toc_.postings_table < toc_.postings ||
      toc_.postings_table > body().size()) {
    findings.problem("index: the sections of the TOC are not in order");
    return false;
  }
  if (toc_.label_indices != toc_.postings || toc_.label_indices_table != toc_.postings_table) {
    findings.oddity("index: the TOC names label indices, as older versions of Prometheus wrote them; not checked");
  }
  return true;
}

bool WalkedIndex::check_symbols(Findings& findings) {
  const auto content = framed_content(body(), toc_.symbols, "symbols");
  auto symbols =
      content ? parse_symbols(*content, toc_.symbols) : Result<std::vector<std::string_view>>(content.error());
  if (!symbols) {
    findings.problem("index: " + symbols.error().text());
    return false;
  }
  symbols_ = *std::move(symbols);
  if (const std::uint64_t end = toc_.symbols + kFrameBytes + content->size(); end != toc_.series) {
    findings.problem("index: symbols end at " + std::to_string(end) + ", but series start at " +
                     std::to_string(toc_.series));
    return false;
  }
  for (std::size_t i = 1; i < symbols_.size(); ++i) {
    if (symbols_[i - 1] < symbols_[i]) continue;
    findings.problem("index: symbol " + std::to_string(i) + ", " + quote_label_value(symbols_[i]) +
                     ", is not above the one before it");
    return false;
  }
  if (symbols_.empty() || !symbols_[0].empty()) {
    findings.problem("index: the first symbol is not the empty string");
    return false;
  }
  return true;
}

void WalkedIndex::check_series(Findings& findings) {
  PostingsCheck postings(body(), toc_, symbols_, findings);
  SymbolUse use(symbols_.size());
  std::vector<SymbolPair> last_labels;
  ChunkRef last_chunk;
  std::uint64_t position = toc_.series;
  while (position < toc_.label_indices) {
    series_end_ = position;
    const std::uint64_t start = align_series(position);
    if (start >= toc_.label_indices || !is_padding(ByteView(file_).subspan(position, start - position))) {
      findings.problem("index: bad padding in the series section at " + std::to_string(position));
      return;
    }
    auto entry = decode_series_entry(ByteView(file_).first(toc_.label_indices), start, symbols_.size());
    if (!entry) {
      findings.problem("index: " + entry.error().text());
      return;
    }
    const std::string where = "index: series at " + std::to_string(start);
    if (auto problem = label_problem(entry->labels, symbols_)) findings.problem(where + ": " + *problem);
    if (auto problem = chunk_order_problem(entry->chunks, last_chunk)) findings.problem(where + ": " + *problem);
    // Symbols rise, so their order is that of the strings.
    if (!last_labels.empty() && entry->labels <= last_labels) {
      findings.problem(where + ": " + text(entry->labels) + " is not above its predecessor " + text(last_labels));
    }
    postings.series({static_cast<std::uint32_t>(start / kSeriesAlignment)}, entry->labels);
    use.mark(entry->labels);
    if (!entry->chunks.empty()) last_chunk = entry->chunks.back().ref;
    last_labels = std::move(entry->labels);
    ++findings.stats().series;
    position = start + entry->bytes;
  }
  series_end_ = position;
  complete_ = true;
  postings.finish();
  use.report(symbols_, findings);
}

std::optional<SeriesEntry> WalkedIndex::Cursor::next() {
  if (position_ >= index_.series_end_) return std::nullopt;
  const std::uint64_t start = align_series(position_);
  auto entry = decode_series_entry(ByteView(index_.file_).first(index_.series_end_), start, index_.symbols_.size());
  PROMFILL_ASSERT(entry);  // it was decoded before
  position_ = start + entry->bytes;
  return std::move(entry).value();
}

std::string WalkedIndex::text(std::span<const SymbolPair> labels) const {
  std::vector<Label> strings;
  for (const SymbolPair label : labels) {
    strings.push_back({std::string(symbols_[label.name.value]), std::string(symbols_[label.value.value])});
  }
  const auto sorted = Labels::create(std::move(strings));
  return sorted ? sorted->text() : "{unnameable labels}";
}

}  // namespace promfill
