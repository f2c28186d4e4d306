// See histogram_appender.h.
#include "histogram/histogram_appender.h"

#include <algorithm>
#include <utility>

#include "chunk/cut_rule.h"

namespace promfill {
namespace {

/// Counts of buckets that are stored as differences.
std::vector<std::int64_t> counts_of(std::span<const std::int64_t> buckets) {
  std::vector<std::int64_t> counts(buckets.begin(), buckets.end());
  for (std::size_t i = 1; i < counts.size(); ++i) counts[i] = wrapping_add(counts[i], counts[i - 1]);
  return counts;
}
std::vector<double> counts_of(std::span<const double> buckets) { return {buckets.begin(), buckets.end()}; }

std::int64_t number_of(const CountState& state) { return state.value; }
double number_of(const XoredValue& state) { return std::bit_cast<double>(state.value_bits); }
bool is_less(std::uint64_t count, const CountState& last) { return count < static_cast<std::uint64_t>(last.value); }
bool is_less(double count, const XoredValue& last) { return count < number_of(last); }

/// Some bucket has less than it had, or is gone though it had something.
template <typename N>
bool some_fall(std::span<const N> before, std::span<const N> after, const BucketChange& change) {
  const std::vector<N> old_counts = counts_of(before);
  const std::vector<N> new_counts = counts_of(after);
  std::vector<const N*> at(change.all.size());
  for (std::size_t i = 0; i < new_counts.size(); ++i) at[change.new_place[i]] = &new_counts[i];
  for (std::size_t i = 0; i < old_counts.size(); ++i) {
    const N* const now = at[change.old_place[i]];
    if (now == nullptr ? old_counts[i] != 0 : old_counts[i] > *now) return true;
  }
  return false;
}

/// The same where both have the same buckets.
bool some_fall(std::span<const CountState> before, std::span<const std::int64_t> after) {
  std::int64_t old_count = 0;
  std::int64_t new_count = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    old_count = wrapping_add(old_count, before[i].value);
    new_count = wrapping_add(new_count, after[i]);
    if (old_count > new_count) return true;
  }
  return false;
}
bool some_fall(std::span<const XoredValue> before, std::span<const double> after) {
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (number_of(before[i]) > after[i]) return true;
  }
  return false;
}

}  // namespace

template <typename H>
void HistogramAppender<H>::append(const HistogramSample<H>& sample, std::vector<EncodedChunk>& closed) {
  const H& h = sample.histogram;
  if (!open_ || is_time_to_cut(sample.time.ms)) {
    const CounterResetHeader header = first_header(h, open_);
    close(closed);
    begin(header, sample);
    predicted_ = false;
    return;
  }
  switch (h.counter_reset == CounterReset::kGauge ? fit_gauge(h) : fit(h)) {
    case Fit::kAppend:
      break;
    case Fit::kNotReset:
      close(closed);
      return begin(CounterResetHeader::kNotReset, sample);
    case Fit::kReset:
      close(closed);
      return begin(CounterResetHeader::kReset, sample);
    case Fit::kUnknown: {
      close(closed);
      const bool gauge = h.counter_reset == CounterReset::kGauge;
      return begin(gauge ? CounterResetHeader::kGauge : CounterResetHeader::kUnknown, sample);
    }
  }
  const std::optional<Change> changed = h.is_stale() ? std::nullopt : change(h);
  if (!changed) return writer_.append(sample);
  append_changed(sample, *changed);
}

template <typename H>
void HistogramAppender<H>::close(std::vector<EncodedChunk>& closed) {
  if (!std::exchange(open_, false)) return;
  closed.push_back(writer_.chunk(writer_.header()));
}

template <typename H>
void HistogramAppender<H>::finish(std::vector<EncodedChunk>& closed) {
  if (!std::exchange(open_, false)) return;
  const bool gauge = writer_.header() == CounterResetHeader::kGauge;
  closed.push_back(writer_.chunk(gauge ? CounterResetHeader::kGauge : CounterResetHeader::kUnknown));
}

template <typename H>
void HistogramAppender<H>::begin(CounterResetHeader header, const HistogramSample<H>& sample) {
  writer_.begin(header, sample);
  next_at_ms_ = chunk_range_end(sample.time.ms, range_ms_);
  open_ = true;
}

/// Predict when the open chunk should end once it has a quarter of its bytes; it ends then, or with twice the bytes,
/// but with too few samples only together with its range.
template <typename H>
bool HistogramAppender<H>::is_time_to_cut(std::int64_t t_ms) {
  const std::int64_t first_ms = writer_.first_time().ms;
  const std::int64_t range_end_ms = predicted_ ? chunk_range_end(first_ms, range_ms_) : next_at_ms_;
  const std::size_t bytes = writer_.bytes();
  if (!predicted_ && bytes >= kHistogramChunkBytes / 4) {
    const double ratio = static_cast<double>(kHistogramChunkBytes) / static_cast<double>(bytes);
    next_at_ms_ = predicted_chunk_end(first_ms, writer_.last_time().ms, next_at_ms_, ratio);
    predicted_ = true;
  }
  return (t_ms >= next_at_ms_ || bytes >= 2 * kHistogramChunkBytes) &&
         (writer_.samples() >= kHistogramChunkSamplesMin || t_ms >= range_end_ms);
}

/// @param follows  there is a chunk of this kind right before.
template <typename H>
CounterResetHeader HistogramAppender<H>::first_header(const H& h, bool follows) const {
  if (h.counter_reset == CounterReset::kGauge) return CounterResetHeader::kGauge;
  if (h.counter_reset == CounterReset::kReset) return CounterResetHeader::kReset;
  if (!follows) return CounterResetHeader::kUnknown;
  switch (fit(h)) {
    case Fit::kReset:
      return CounterResetHeader::kReset;
    case Fit::kUnknown:
      return kIsInteger<H> ? CounterResetHeader::kUnknown : CounterResetHeader::kNotReset;
    case Fit::kAppend:
    case Fit::kNotReset:
      break;
  }
  return CounterResetHeader::kNotReset;
}

/// Whether a sample with counts that only rise fits the open chunk.
template <typename H>
typename HistogramAppender<H>::Fit HistogramAppender<H>::fit(const H& h) const {
  if (writer_.header() == CounterResetHeader::kGauge) return kIsInteger<H> ? Fit::kNotReset : Fit::kUnknown;
  if (h.counter_reset == CounterReset::kReset) return Fit::kReset;
  if (h.is_stale()) return Fit::kAppend;
  if (writer_.last_is_stale()) return Fit::kUnknown;
  if (is_less(h.count, writer_.last().count)) return Fit::kReset;
  const HistogramLayout& layout = writer_.layout();
  if (h.layout.schema != layout.schema || h.layout.zero_threshold != layout.zero_threshold) return Fit::kUnknown;
  if (has_other_scale(h)) return Fit::kReset;
  if (is_less(h.zero_count, writer_.last().zero_count)) return Fit::kReset;
  return counts_fall(h) ? Fit::kReset : Fit::kAppend;
}

template <typename H>
typename HistogramAppender<H>::Fit HistogramAppender<H>::fit_gauge(const H& h) const {
  if (writer_.header() != CounterResetHeader::kGauge) return Fit::kUnknown;
  if (h.is_stale()) return Fit::kAppend;
  return writer_.last_is_stale() || has_other_scale(h) ? Fit::kUnknown : Fit::kAppend;
}

/// A bucket's number means something else.
template <typename H>
bool HistogramAppender<H>::has_other_scale(const H& h) const {
  const HistogramLayout& layout = writer_.layout();
  return h.layout.schema != layout.schema || h.layout.zero_threshold != layout.zero_threshold ||
         (h.layout.schema == kCustomBoundsSchema && h.layout.custom_bounds != layout.custom_bounds);
}

template <typename H>
std::optional<typename HistogramAppender<H>::Change> HistogramAppender<H>::change(const H& h) const {
  const HistogramLayout& layout = writer_.layout();
  if (h.layout.positive_spans == layout.positive_spans && h.layout.negative_spans == layout.negative_spans) return {};
  return Change{{layout.positive_spans, h.layout.positive_spans}, {layout.negative_spans, h.layout.negative_spans}};
}

template <typename H>
bool HistogramAppender<H>::counts_fall(const H& h) const {
  using N = typename decltype(h.positive)::value_type;
  const std::span states(writer_.last().buckets);
  const std::span positive = states.first(writer_.last().positive);
  const std::span negative = states.subspan(positive.size());
  const std::optional<Change> changed = change(h);
  if (!changed) {
    return some_fall(positive, std::span<const N>(h.positive)) || some_fall(negative, std::span<const N>(h.negative));
  }
  const auto numbers = [](const auto& of) {
    std::vector<N> all;
    for (const auto& state : of) all.push_back(number_of(state));
    return all;
  };
  const std::vector<N> positive_before = numbers(positive);
  const std::vector<N> negative_before = numbers(negative);
  return some_fall<N>(positive_before, h.positive, changed->positive) ||
         some_fall<N>(negative_before, h.negative, changed->negative);
}

/// Chunk and sample get the same buckets: the sample's are completed with those that it doesn't have any more, the
/// chunk is written again if it lacks some.
template <typename H>
void HistogramAppender<H>::append_changed(HistogramSample<H> sample, const Change& change) {
  H& h = sample.histogram;
  const bool gauge = h.counter_reset == CounterReset::kGauge;
  const auto complete = [&](const BucketChange& side, auto& spans, auto& buckets) {
    if (side.vanish()) buckets = spread_buckets(buckets, side.new_place, side.all.size());
    if (side.vanish() || (gauge && change.vanish())) spans = spans_of(side.all);
  };
  complete(change.positive, h.layout.positive_spans, h.positive);
  complete(change.negative, h.layout.negative_spans, h.negative);
  if (change.appear()) {
    HistogramLayout layout = writer_.layout();
    layout.positive_spans = h.layout.positive_spans;
    layout.negative_spans = h.layout.negative_spans;
    writer_.lay_out(layout, change.positive.old_place, change.negative.old_place);
  }
  writer_.append(sample);
}

template class HistogramAppender<Histogram>;
template class HistogramAppender<FloatHistogram>;

}  // namespace promfill
