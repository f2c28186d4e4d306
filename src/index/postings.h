// Postings: for every label pair, and for all series under ("", ""), the list of the series that have it.
// A list is a frame (index_format.h) whose content is BE32 n | n × BE32 series reference, rising. A series has at most
// one value per label name, so the lists of one name share no series. Source: tsdb/index/index.go (Writer.writePosting,
// EncodePostingsRaw), tsdb/index/postings.go.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "index/index_format.h"

namespace promfill {

/// Bytes of a list with `count` series, frame included; a multiple of 4, so that lists need no padding between them.
constexpr std::uint64_t postings_list_bytes(std::uint64_t count) { return 4 + 4 + 4 * count + 4; }
static_assert(postings_list_bytes(1) % kPostingsAlignment == 0);

/// The list, borrowed from `buffer`, which is overwritten.
ByteView encode_postings_list(std::span<const SeriesRef> series, Bytes& buffer);

/// Decode the list at `offset` of `file`, which ends where the part that may hold lists ends.
/// @error kCorrupt  frame, count, or references that don't rise or lie outside [first, end).
Result<std::vector<SeriesRef>> decode_postings_list(ByteView file, std::uint64_t offset, SeriesRef first,
                                                    SeriesRef end);

/// Which series have which label: filled series by series, drained label pair by label pair.
///
/// One column per label name holds (value, series) in series order; draining sorts a column by value, by counting where
/// the values are dense, and frees it. No hash of label pairs is needed, and adding is one store. Memory: 8 bytes a
/// label of a series; while a column is drained, 4 to 12 more for each of its series.
class LabelPostings {
 public:
  explicit LabelPostings(std::size_t symbol_count) : column_of_name_(symbol_count, kNoColumn) {}

  /// @param series  above every earlier one with this label name.
  void add(SymbolPair label, SeriesRef series) {
    const std::uint32_t column = column_of_name_[label.name.value];
    (column == kNoColumn ? new_column(label.name) : columns_[column]).uses.push_back({label.value, series});
  }

  /// Call visit(SymbolPair, std::span<const SeriesRef>) → Status for every pair, by name, then value; each list rises.
  template <typename Visit>
  Status drain(Visit&& visit);

 private:
  /// A series' value under the column's name.
  struct Use {
    SymbolRef value;
    SeriesRef series;
    friend auto operator<=>(const Use&, const Use&) = default;
  };
  static_assert(sizeof(Use) == 8);
  struct Column {
    SymbolRef name;
    std::vector<Use> uses;
  };
  /// The uses of one value: the end of their series in grouped_; they begin where the group before ends.
  struct Group {
    SymbolRef value;
    std::uint32_t end = 0;
  };
  static constexpr std::uint32_t kNoColumn = 0xFFFFFFFF;

  Column& new_column(SymbolRef name);
  /// Fill grouped_ and groups_ from `uses`.
  void group_by_value(std::vector<Use>& uses);
  void group_by_counting(std::span<const Use> uses, std::uint32_t value_min, std::size_t value_count);
  void group_by_sorting(std::span<Use> uses);

  std::vector<std::uint32_t> column_of_name_;
  std::vector<Column> columns_;
  std::vector<SeriesRef> grouped_;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> ends_;
};

template <typename Visit>
Status LabelPostings::drain(Visit&& visit) {
  std::sort(columns_.begin(), columns_.end(), [](const Column& a, const Column& b) { return a.name < b.name; });
  for (Column& column : columns_) {
    group_by_value(column.uses);
    std::vector<Use>().swap(column.uses);
    std::uint32_t begin = 0;
    for (const Group& group : groups_) {
      const std::span<const SeriesRef> series = std::span(grouped_).subspan(begin, group.end - begin);
      PROMFILL_TRY_STATUS(visit(SymbolPair{column.name, group.value}, series));
      begin = group.end;
    }
  }
  return {};
}

}  // namespace promfill
