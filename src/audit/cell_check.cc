// See cell_check.h.
#include "audit/cell_check.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_set>

#include "store/sample_batch.h"

namespace promfill {
namespace {

bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

/// Drop all but the first of values with the same bits.
void make_distinct(std::vector<double>& values) {
  std::unordered_set<std::uint64_t> known;
  std::erase_if(values, [&](double value) { return !known.insert(std::bit_cast<std::uint64_t>(value)).second; });
}

/// The smallest or largest number, the first of equal ones; a NaN only where there is nothing else.
template <typename Better>
double extreme(std::span<const double> values, Better better) {
  double best = values.front();
  for (const double value : values) {
    if (std::isnan(best) ? !std::isnan(value) : better(value, best)) best = value;
  }
  return best;
}

/// What a sample has to be; nothing where the policy lets no blocks come about.
/// @param distinct  n ≥ 1, in the order in which they were first offered.
std::optional<double> settled(std::span<const double> distinct, double last, DuplicatePolicy policy) {
  if (distinct.size() == 1) return distinct.front();
  switch (policy) {
    case DuplicatePolicy::kKeepLast:
      return last;
    case DuplicatePolicy::kKeepFirst:
      return distinct.front();
    case DuplicatePolicy::kMin:
      return extreme(distinct, [](double a, double b) { return a < b; });
    case DuplicatePolicy::kMax:
      return extreme(distinct, [](double a, double b) { return a > b; });
    case DuplicatePolicy::kSum: {
      double sum = distinct[0];
      for (std::size_t i = 1; i < distinct.size(); ++i) sum += distinct[i];
      return sum;
    }
    case DuplicatePolicy::kFail:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::string series_text(std::string_view key) {
  const auto labels = Labels::create(decode_entity_key(key));
  return labels ? labels->text() : std::string(key);
}

CellTally& CellTally::operator+=(const CellTally& other) {
  samples += other.samples;
  written += other.written;
  merged += other.merged;
  conflicting += other.conflicting;
  missing += other.missing;
  other_values += other.other_values;
  unexplained += other.unexplained;
  generated += other.generated;
  return *this;
}

void CellCheck::offer(std::uint32_t series, Timestamp time, double value, CellPlace place) {
  const auto at = samples_.find(series, time);
  if (!at) {
    offer_to_none(wants_names() ? series_text(samples_.key(series)) : "", time, value, place);
    return;
  }
  SampleState& state = samples_.state(*at);
  if (state == SampleState::kDisputed || !same_bits(value, samples_.value(*at))) {
    dispute(*at, value, place);
  } else if (state == SampleState::kClaimed) {
    ++tally_.merged;
  } else {
    state = SampleState::kClaimed;
    ++tally_.written;
  }
}

void CellCheck::offer_to_none(const std::string& series, Timestamp time, double value, CellPlace place) {
  ++tally_.missing;
  if (!wants_names()) return;
  differences_.add({DifferenceKind::kMissing, series, time, place_text(place), value, {}});
}

void CellCheck::dispute(std::uint64_t at, double value, CellPlace place) {
  static constexpr std::size_t kMakeDistinctFrom = 64;
  static constexpr std::uint64_t kDisputeBytes = sizeof(Dispute) + 64;  // with its node, bucket and allocations
  SampleState& state = samples_.state(at);
  const auto [entry, is_new] = disputes_.try_emplace(at);
  Dispute& one = entry->second;
  const std::size_t bytes_before = is_new ? 0 : kDisputeBytes + one.values.capacity() * sizeof(double);
  if (is_new && state == SampleState::kClaimed) {
    one.values.push_back(samples_.value(at));  // cells before this one agreed with the sample
    one.offered = 1;
  } else if (is_new) {
    ++tally_.written;
  }
  state = SampleState::kDisputed;
  one.values.push_back(value);
  one.last = value;
  one.last_place = place;
  ++one.offered;
  if (one.values.size() >= std::max(kMakeDistinctFrom, 2 * one.ordered)) {
    make_distinct(one.values);
    one.ordered = one.values.size();
  }
  dispute_bytes_ += kDisputeBytes + one.values.capacity() * sizeof(double) - bytes_before;
}

void CellCheck::settle(const LoadedSamples::Slice& slice, std::uint64_t at) {
  Dispute& one = disputes_.at(at);
  make_distinct(one.values);
  tally_.merged += one.offered - one.values.size();
  tally_.conflicting += one.values.size() - 1;
  const std::optional<double> expected = settled(one.values, one.last, rules_.policy);
  if (expected && same_bits(*expected, samples_.value(at))) return;
  ++tally_.other_values;
  report(DifferenceKind::kOtherValue, slice, at, expected, place_text(one.last_place));
}

/// By its value alone: whether it belongs there is not reckoned anew.
bool CellCheck::may_be_generated(double value) const {
  return (rules_.makes_zeros && same_bits(value, 0)) ||
         (rules_.makes_markers && same_bits(value, std::bit_cast<double>(kStaleNanBits)));
}

CellTally CellCheck::finish(std::span<const std::string> blocks) {
  tally_.samples = samples_.size();
  for (const LoadedSamples::Slice& slice : samples_.slices()) {
    for (std::uint64_t at = slice.begin; at < slice.end; ++at) {
      if (samples_.state(at) == SampleState::kDisputed) settle(slice, at);
      if (samples_.state(at) != SampleState::kUnclaimed) continue;
      if (may_be_generated(samples_.value(at))) {
        ++tally_.generated;
        continue;
      }
      ++tally_.unexplained;
      report(DifferenceKind::kUnexplained, slice, at, {}, blocks[slice.block]);
    }
  }
  return tally_;
}

void CellCheck::report(DifferenceKind kind, const LoadedSamples::Slice& slice, std::uint64_t at,
                       std::optional<double> expected, std::string place) {
  if (differences_.full()) return;
  differences_.add({kind, series_text(samples_.key(slice.series)), samples_.time(at), std::move(place), expected,
                    samples_.value(at)});
}

std::string CellCheck::place_text(CellPlace place) const {
  return source_names_[place.source] + ", row " + std::to_string(place.row);
}

}  // namespace promfill
