// Which series have which label: filled series by series, drained list by list, by name, then value.
//
// One column per label name holds (value, series) in series order; draining sorts a column by value and frees it. No
// hash of label pairs is needed, and adding is one store. What passes the memory given is sorted and goes to the
// scratch file as a run (postings_run.h); draining merges the runs. The runs lie in series order, so that the lists of
// one label are joined by putting those of earlier runs first. Memory: 8 bytes a label of a series, 16 more for each
// use of the name that is sorted; then a block for each run.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "section/index_format.h"
#include "section/postings_run.h"
#include "section/scratch_file.h"

namespace promfill {

class LabelPostings {
 public:
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

  /// @param memory_bytes_max  from where full() asks for spill().
  explicit LabelPostings(std::uint64_t memory_bytes_max = kUnlimited) : memory_bytes_max_(memory_bytes_max) {}

  /// @param series  above every earlier one.
  void add(std::span<const SymbolPair> labels, SeriesRef series) {
    if (column_at_.size() < labels.size()) column_at_.resize(labels.size(), 0);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      Column& column = column_of(labels[i].name, column_at_[i]);
      if (column.next == column.end) [[unlikely]]
        grow(column);
      *column.next++ = {labels[i].value.value, series.value};
    }
  }

  /// Held now, and needed on top by spill() and drain().
  [[nodiscard]] std::uint64_t memory_bytes() const {
    return columns_bytes_ + 2 * std::max(column_bytes_max_, sorting_.size * sizeof(Use)) +
           runs_.size() * sizeof(ScratchStream);
  }
  /// Whether spill() should come before more series. At most so many runs are made as can be merged in the memory:
  /// where it is very small, each run is larger than the one before.
  [[nodiscard]] bool full() const {
    return memory_bytes() > std::max(memory_bytes_max_, runs_.size() * kScratchBlockBytes);
  }
  /// Move what is held to `scratch`, which keeps a failure.
  void spill(ScratchFile& scratch);

  /// Give every list to `lists`, as to PostingsRunWriter: begin(SymbolPair, count) → Status, count × add(SeriesRef),
  /// end() → Status. Nothing is left then.
  template <typename Lists>
  Status drain(ScratchFile& scratch, Lists& lists) {
    PROMFILL_TRY_STATUS(scratch.status());
    if (runs_.empty()) return drain_columns(lists);
    if (!columns_.empty()) spill(scratch);
    sorting_ = {};
    sorted_ = {};
    return merge_runs(scratch, lists);
  }

 private:
  /// A series' value under the column's name. Not initialised: memory is touched once.
  struct Use {
    std::uint32_t value;
    std::uint32_t series;
  };
  static_assert(sizeof(Use) == 8);
  struct Uses {
    std::unique_ptr<Use[]> begin;
    std::size_t size = 0;
    void reserve(std::size_t count);
  };
  struct Column {
    SymbolRef name;
    std::vector<Uses> chunks;  ///< full but for the last
    Use* next = nullptr;       ///< where the next use goes in the last chunk
    Use* end = nullptr;
    std::size_t capacity = 0;  ///< of all chunks
    [[nodiscard]] std::size_t size() const { return capacity - static_cast<std::size_t>(end - next); }
  };
  /// A column with its place among columns_ and its node in column_of_name_.
  static constexpr std::size_t kColumnBytes = sizeof(Column) + 64;
  static constexpr std::size_t kChunkUsesMin = 8;
  static constexpr std::size_t kChunkUsesMax = 8192;

  /// @param column_at  where the name was found last at this place of a series, mostly the same for the next series.
  Column& column_of(SymbolRef name, std::uint32_t& column_at) {
    if (column_at >= columns_.size() || columns_[column_at].name != name) [[unlikely]]
      column_at = find_column(name);
    return columns_[column_at];
  }
  std::uint32_t find_column(SymbolRef name);
  void grow(Column& column);
  /// The column's uses by value, those of one value in series order; the column's memory is freed.
  std::span<const Use> sort(Column& column);
  void sort_by_radix(std::size_t size, std::uint32_t value_min, std::uint32_t value_max);

  template <typename Lists>
  Status drain_columns(Lists& lists);
  template <typename Lists>
  static Status drain_sorted(SymbolRef name, std::span<const Use> uses, Lists& lists);
  template <typename Lists>
  Status merge_runs(ScratchFile& scratch, Lists& lists);

  std::uint64_t memory_bytes_max_;
  std::uint64_t columns_bytes_ = 0;
  std::uint64_t column_bytes_max_ = 0;
  std::vector<Column> columns_;
  std::unordered_map<std::uint32_t, std::uint32_t> column_of_name_;
  std::vector<std::uint32_t> column_at_;
  Uses sorting_;  ///< of the column being sorted, and room to sort it
  Uses sorted_;
  std::vector<ScratchStream> runs_;
};

template <typename Lists>
Status LabelPostings::drain_columns(Lists& lists) {
  std::sort(columns_.begin(), columns_.end(), [](const Column& a, const Column& b) { return a.name < b.name; });
  for (Column& column : columns_) PROMFILL_TRY_STATUS(drain_sorted(column.name, sort(column), lists));
  columns_.clear();
  column_of_name_.clear();
  columns_bytes_ = column_bytes_max_ = 0;
  return {};
}

template <typename Lists>
Status LabelPostings::drain_sorted(SymbolRef name, std::span<const Use> uses, Lists& lists) {
  for (std::size_t begin = 0, end = 0; begin < uses.size(); begin = end) {
    const std::uint32_t value = uses[begin].value;
    while (end < uses.size() && uses[end].value == value) ++end;
    PROMFILL_TRY_STATUS(lists.begin(SymbolPair{name, {value}}, end - begin));
    for (const Use& use : uses.subspan(begin, end - begin)) lists.add(SeriesRef{use.series});
    PROMFILL_TRY_STATUS(lists.end());
  }
  return {};
}

template <typename Lists>
Status LabelPostings::merge_runs(ScratchFile& scratch, Lists& lists) {
  std::vector<PostingsRunReader> readers;
  for (const ScratchStream& run : runs_) readers.emplace_back(run, scratch);
  // A heap with the least label on top; of equal labels, that of the earliest run.
  const auto later = [&](std::size_t a, std::size_t b) {
    return std::pair(readers[a].head().label, a) > std::pair(readers[b].head().label, b);
  };
  std::vector<std::size_t> heap;
  const auto push_next = [&](std::size_t run) {
    if (!readers[run].next()) return;
    heap.push_back(run);
    std::push_heap(heap.begin(), heap.end(), later);
  };
  for (std::size_t run = 0; run < readers.size(); ++run) push_next(run);

  std::vector<std::size_t> joined;
  while (!heap.empty()) {
    const SymbolPair label = readers[heap.front()].head().label;
    std::uint64_t count = 0;
    joined.clear();
    while (!heap.empty() && readers[heap.front()].head().label == label) {
      std::pop_heap(heap.begin(), heap.end(), later);
      joined.push_back(heap.back());
      count += readers[heap.back()].head().count;
      heap.pop_back();
    }
    PROMFILL_TRY_STATUS(scratch.status());
    PROMFILL_TRY_STATUS(lists.begin(label, count));
    for (const std::size_t run : joined) {
      for (std::uint64_t i = readers[run].head().count; i > 0; --i) lists.add(readers[run].series());
    }
    PROMFILL_TRY_STATUS(scratch.status());
    PROMFILL_TRY_STATUS(lists.end());
    for (const std::size_t run : joined) push_next(run);
  }
  runs_.clear();
  return scratch.status();
}

}  // namespace promfill
