// Postings; see postings.h.
#include "index/postings.h"

#include "encoding/big_endian.h"
#include "encoding/byte_reader.h"
#include "encoding/crc32c.h"

namespace promfill {
namespace {

constexpr std::string_view kSection = "postings";

}  // namespace

ByteView encode_postings_list(std::span<const SeriesRef> series, Bytes& buffer) {
  const auto bytes = static_cast<std::size_t>(postings_list_bytes(series.size()));
  PROMFILL_ASSERT(bytes - 8 <= kSectionBytesMax);
  if (buffer.size() < bytes) buffer.resize(bytes);
  std::uint8_t* const content = buffer.data() + 4;
  store_be32(content - 4, static_cast<std::uint32_t>(4 + 4 * series.size()));
  store_be32(content, static_cast<std::uint32_t>(series.size()));
  std::uint8_t* out = content + 4;
  for (const SeriesRef ref : series) {
    store_be32(out, ref.value);
    out += 4;
  }
  store_be32(out, crc32c({content, out}));
  return ByteView(buffer).first(bytes);
}

Result<std::vector<SeriesRef>> decode_postings_list(ByteView file, std::uint64_t offset, SeriesRef first,
                                                    SeriesRef end) {
  PROMFILL_TRY(const ByteView content, framed_content(file, offset, kSection));
  ByteReader reader(content);
  const std::uint32_t count = reader.be32();
  if (!reader.ok() || reader.remaining() != 4ULL * count) {
    return corrupt_index(kSection, "number of series and length of the list disagree", offset);
  }
  std::vector<SeriesRef> series(count);
  const std::uint8_t* in = content.data() + 4;
  for (SeriesRef& ref : series) {
    ref.value = load_be32(in);
    in += 4;
  }
  if (count == 0) return series;
  if (std::adjacent_find(series.begin(), series.end(), std::greater_equal<>()) != series.end()) {
    return corrupt_index(kSection, "series references don't rise", offset);
  }
  if (series.front() < first || series.back() >= end) {
    return corrupt_index(kSection, "a reference points outside the series section", offset);
  }
  return series;
}

LabelPostings::Column& LabelPostings::new_column(SymbolRef name) {
  column_of_name_[name.value] = static_cast<std::uint32_t>(columns_.size());
  return columns_.emplace_back(Column{name, {}});
}

void LabelPostings::group_by_value(std::vector<Use>& uses) {
  const auto [least, greatest] =
      std::minmax_element(uses.begin(), uses.end(), [](const Use& a, const Use& b) { return a.value < b.value; });
  const std::uint32_t value_min = least->value.value;
  const std::size_t value_count = std::size_t{greatest->value.value} - value_min + 1;
  groups_.clear();
  grouped_.resize(uses.size());
  // Counting touches a counter per value between the first and the last: worth it unless most of them have no series.
  if (value_count / 2 <= uses.size()) {
    group_by_counting(uses, value_min, value_count);
  } else {
    group_by_sorting(uses);
  }
}

void LabelPostings::group_by_counting(std::span<const Use> uses, std::uint32_t value_min, std::size_t value_count) {
  ends_.assign(value_count, 0);
  for (const Use& use : uses) ++ends_[use.value.value - value_min];
  std::uint32_t begin = 0;
  for (std::size_t i = 0; i < value_count; ++i) {
    const std::uint32_t count = ends_[i];
    ends_[i] = begin;  // moves to the group's end while the group is filled
    begin += count;
    if (count != 0) groups_.push_back({{value_min + static_cast<std::uint32_t>(i)}, begin});
  }
  for (const Use& use : uses) grouped_[ends_[use.value.value - value_min]++] = use.series;
}

void LabelPostings::group_by_sorting(std::span<Use> uses) {
  std::sort(uses.begin(), uses.end());
  for (std::size_t i = 0; i < uses.size(); ++i) {
    grouped_[i] = uses[i].series;
    const bool last_of_value = i + 1 == uses.size() || uses[i + 1].value != uses[i].value;
    if (last_of_value) groups_.push_back({uses[i].value, static_cast<std::uint32_t>(i + 1)});
  }
}

}  // namespace promfill
