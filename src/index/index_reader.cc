// Index reader; see index_reader.h. Selection works as Prometheus's PostingsForMatchers (tsdb/querier.go).
#include "index/index_reader.h"

#include <algorithm>
#include <tuple>

#include "encoding/big_endian.h"
#include "section/postings.h"
#include "section/symbol_table.h"

namespace promfill {
namespace {

/// Series of an index as bits, by their place in the series section. Hostile references stay inside because
/// decode_postings_list checks their range.
class SeriesSet {
 public:
  SeriesSet(SeriesRef first, SeriesRef end) : first_(first), bits_(end.value - first.value) {}

  /// False when one of them is in the set already.
  bool insert(std::span<const SeriesRef> series) {
    for (const SeriesRef ref : series) {
      auto bit = bits_[ref.value - first_.value];
      if (bit) return false;
      bit = true;
    }
    return true;
  }
  [[nodiscard]] bool contains(SeriesRef ref) const { return bits_[ref.value - first_.value]; }

 private:
  SeriesRef first_;
  std::vector<bool> bits_;
};

/// The references that a series section of [begin, end) can have.
SeriesRef first_ref(std::uint64_t begin) {
  return {static_cast<std::uint32_t>((begin + kSeriesAlignment - 1) / kSeriesAlignment)};
}

std::vector<SeriesRef> intersect(std::span<const SeriesRef> a, std::span<const SeriesRef> b) {
  std::vector<SeriesRef> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both;
}

/// label="value": one postings list. label="" matches series without the label instead.
bool names_one_list(const Matcher& matcher) { return matcher.kind() == MatchKind::kEqual && !matcher.value().empty(); }

}  // namespace

Result<IndexReader> IndexReader::open(FileSystem& fs, const std::string& path) {
  PROMFILL_TRY(Bytes bytes, read_file(fs, path, kIndexBytesMax));
  return parse(std::move(bytes), path);
}

Result<IndexReader> IndexReader::parse(Bytes bytes, std::string name) {
  IndexReader reader(std::move(bytes), std::move(name));
  PROMFILL_TRY_STATUS(reader.read_header());
  PROMFILL_TRY_STATUS(reader.read_toc());
  if (Status status = reader.read_sections(); !status) return reader.in_file(std::move(status).error());
  return reader;
}

Status IndexReader::read_header() {
  if (bytes_.size() < kIndexHeaderBytes + kTocBytes) {
    return in_file(corrupt_index("header", "the file is too short for an index", 0));
  }
  if (load_be32(bytes_.data()) != kIndexMagic) return in_file(corrupt_index("header", "not an index file", 0));
  if (const int version = bytes_[4]; version != kIndexVersion) {
    Error error = corrupt_index("header", "index version is " + std::to_string(version) + ", not 2", 4);
    error.hint = "only version 2 is read; a compaction by Prometheus 3 rewrites older blocks with it";
    return in_file(std::move(error));
  }
  return {};
}

Status IndexReader::read_toc() {
  const std::uint64_t toc_offset = bytes_.size() - kTocBytes;
  auto toc = parse_toc(ByteView(bytes_).last(kTocBytes));
  if (!toc) {
    Error error = std::move(toc).error();
    error.where = "byte " + std::to_string(toc_offset);
    return in_file(std::move(error));
  }
  toc_ = *toc;
  const bool rising = kIndexHeaderBytes <= toc_.symbols && toc_.symbols <= toc_.series &&
                      toc_.series <= toc_.postings && toc_.postings <= toc_.postings_table &&
                      toc_.postings_table <= toc_offset;
  if (!rising || toc_.postings > kIndexBytesMax) {
    return in_file(corrupt_index("table of contents", "a section lies outside the file or before another", toc_offset));
  }
  return {};
}

Status IndexReader::read_sections() {
  const ByteView before_series = file().first(static_cast<std::size_t>(toc_.series));
  PROMFILL_TRY(const ByteView symbols, framed_content(before_series, toc_.symbols, "symbols"));
  PROMFILL_TRY(symbols_, parse_symbols(symbols, toc_.symbols));
  constexpr std::string_view kTable = "postings offset table";
  PROMFILL_TRY(const ByteView table,
               framed_content(file().first(bytes_.size() - kTocBytes), toc_.postings_table, kTable));
  PROMFILL_TRY(postings_, parse_postings_table(table, toc_.postings_table));
  if (postings_.empty() || !postings_.front().name.empty() || !postings_.front().value.empty()) {
    return corrupt_index(kTable, "the list of all series is missing", toc_.postings_table);
  }
  return {};
}

std::vector<std::string_view> IndexReader::label_names() const {
  std::vector<std::string_view> names;
  for (const PostingsEntry& entry : postings_) {
    if (!entry.name.empty() && (names.empty() || names.back() != entry.name)) names.push_back(entry.name);
  }
  return names;
}

std::vector<std::string_view> IndexReader::label_values(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const PostingsEntry& entry : entries_of(name)) values.push_back(entry.value);
  return values;
}

Result<std::vector<SeriesRef>> IndexReader::postings(std::string_view name, std::string_view value) const {
  const auto place = std::lower_bound(
      postings_.begin(), postings_.end(), std::tie(name, value),
      [](const PostingsEntry& entry, const auto& key) { return std::tie(entry.name, entry.value) < key; });
  if (place == postings_.end() || place->name != name || place->value != value) return std::vector<SeriesRef>{};
  return list(*place);
}

Result<std::vector<SeriesRef>> IndexReader::select(std::span<const Matcher> matchers) const {
  std::vector<std::vector<SeriesRef>> lists;
  std::vector<const Matcher*> others;
  for (const Matcher& matcher : matchers) {
    if (names_one_list(matcher) && !matcher.name().empty()) {
      PROMFILL_TRY(lists.emplace_back(), postings(matcher.name(), matcher.value()));
      if (lists.back().empty()) return std::vector<SeriesRef>{};
    } else {
      others.push_back(&matcher);
    }
  }
  if (lists.empty()) {
    PROMFILL_TRY(lists.emplace_back(), all_series());
  }
  std::sort(lists.begin(), lists.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  std::vector<SeriesRef> selected = std::move(lists.front());
  for (std::size_t i = 1; i < lists.size(); ++i) selected = intersect(selected, lists[i]);
  for (const Matcher* matcher : others) {
    // The one costs an entry to decode per series, the other a value to match per value.
    const bool few = selected.size() <= entries_of(matcher->name()).size();
    PROMFILL_TRY_STATUS(few ? keep_by_labels(*matcher, selected) : keep_by_postings(*matcher, selected));
  }
  return selected;
}

Result<IndexedSeries> IndexReader::series(SeriesRef ref) const {
  PROMFILL_TRY(SeriesEntry decoded, entry(ref));
  std::vector<Label> labels;
  labels.reserve(decoded.labels.size());
  for (const SymbolPair& label : decoded.labels) {
    const std::string_view name = symbols_[label.name.value];
    const std::string_view value = symbols_[label.value.value];
    if (name.empty() || value.empty() || (!labels.empty() && name <= labels.back().name)) {
      return in_file(corrupt_index("series", "labels are empty or their names don't rise", ref.offset()));
    }
    labels.push_back({std::string(name), std::string(value)});
  }
  PROMFILL_TRY(Labels sorted, Labels::create(std::move(labels)));
  return IndexedSeries{std::move(sorted), std::move(decoded.chunks)};
}

Result<SeriesEntry> IndexReader::entry(SeriesRef ref) const {
  if (ref.offset() < toc_.series) return in_file(corrupt_index("series", "no entry begins there", ref.offset()));
  auto entry =
      decode_series_entry(file().first(static_cast<std::size_t>(toc_.postings)), ref.offset(), symbols_.size());
  if (!entry) return in_file(std::move(entry).error());
  return entry;
}

std::span<const PostingsEntry> IndexReader::entries_of(std::string_view name) const {
  const auto begin = std::lower_bound(postings_.begin() + 1, postings_.end(), name,
                                      [](const PostingsEntry& entry, std::string_view n) { return entry.name < n; });
  const auto end = std::upper_bound(begin, postings_.end(), name,
                                    [](std::string_view n, const PostingsEntry& entry) { return n < entry.name; });
  return {begin, end};
}

Result<std::vector<SeriesRef>> IndexReader::list(const PostingsEntry& entry) const {
  const ByteView lists = file().first(static_cast<std::size_t>(toc_.postings_table));
  auto series = decode_postings_list(lists, entry.offset, first_ref(toc_.series), first_ref(toc_.postings));
  if (!series) return in_file(std::move(series).error());
  return series;
}

Status IndexReader::keep_by_labels(const Matcher& matcher, std::vector<SeriesRef>& series) const {
  auto kept = series.begin();
  for (const SeriesRef ref : series) {
    PROMFILL_TRY(const SeriesEntry decoded, entry(ref));
    std::string_view value;
    for (const SymbolPair& label : decoded.labels) {
      if (symbols_[label.name.value] == matcher.name()) value = symbols_[label.value.value];
    }
    if (matcher.matches(value)) *kept++ = ref;
  }
  series.erase(kept, series.end());
  return {};
}

Status IndexReader::keep_by_postings(const Matcher& matcher, std::vector<SeriesRef>& series) const {
  // Series without the label have no list: when they match, collect those that don't, else those that do.
  const bool absent_matches = matcher.matches("");
  SeriesSet with_label(first_ref(toc_.series), first_ref(toc_.postings));
  for (const PostingsEntry& entry : entries_of(matcher.name())) {
    if (matcher.matches(entry.value) == absent_matches) continue;
    PROMFILL_TRY(const std::vector<SeriesRef> refs, list(entry));
    if (!with_label.insert(refs)) {  // also what bounds the work on a table with many entries for one list
      return in_file(corrupt_index("postings", "a series has two values of one label", entry.offset));
    }
  }
  std::erase_if(series, [&](SeriesRef ref) { return with_label.contains(ref) == absent_matches; });
  return {};
}

Error IndexReader::in_file(Error error) const {
  error.where = name_ + (error.where.empty() ? "" : ": ") + error.where;
  return error;
}

}  // namespace promfill
