// See audit_part.h.
#include "audit/audit_part.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace promfill {
namespace {

/// Hash tables take the low half of the hash for themselves.
constexpr std::uint64_t kFirstHashBit = std::uint64_t{1} << 32;
constexpr std::uint64_t kHashMaskMax = kFirstHashBit * 0xffff;

/// The first block that begins behind the middle of the samples, or else the last.
std::optional<Timestamp> cut_between(std::span<const TimeSpan> spans, std::span<const std::uint64_t> samples,
                                     const TimeSpan& times) {
  const std::uint64_t total = std::accumulate(samples.begin(), samples.end(), std::uint64_t{0});
  std::optional<Timestamp> cut;
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (spans[i].min > times.min && i > 0 && spans[i].min > spans[0].min) cut = spans[i].min;
    if (cut && before >= total / 2) break;
    before += samples[i];
  }
  return cut;
}

}  // namespace

TimeSpan span_of(const BlockMeta& block) { return {.min = block.range.min, .max = {block.range.max.ms - 1}}; }

std::optional<std::pair<AuditPart, AuditPart>> split_by_time(const AuditPart& part, std::span<const BlockMeta> blocks) {
  std::vector<TimeSpan> spans;
  std::vector<std::uint64_t> samples;
  TimeSpan inhabited;
  for (const BlockMeta& block : blocks) {
    if (!part.meets(span_of(block))) continue;
    spans.push_back(span_of(block));
    samples.push_back(block.stats.samples);
    inhabited = inhabited.united(spans.back());
  }
  if (spans.empty()) return std::nullopt;
  std::optional<Timestamp> cut = cut_between(spans, samples, part.times);
  if (!cut) {
    const std::int64_t first = std::max(inhabited.min, part.times.min).ms;
    const std::int64_t last = std::min(inhabited.max, part.times.max).ms;
    if (first >= last) return std::nullopt;
    cut = Timestamp{std::midpoint(first, last) + 1};
  }
  std::pair<AuditPart, AuditPart> halves{part, part};
  halves.first.times.max = {cut->ms - 1};
  halves.second.times.min = *cut;
  return halves;
}

std::optional<std::pair<AuditPart, AuditPart>> split_by_series(const AuditPart& part) {
  if (part.hash_mask == kHashMaskMax) return std::nullopt;
  const std::uint64_t next_bit = part.hash_mask == 0 ? kFirstHashBit : (part.hash_mask << 1) & ~part.hash_mask;
  std::pair<AuditPart, AuditPart> halves{part, part};
  halves.first.hash_mask |= next_bit;
  halves.second.hash_mask |= next_bit;
  halves.second.hash_bits |= next_bit;
  return halves;
}

}  // namespace promfill
