// Names of policies and targets, sizes of memory, and what a job can't be asked to do.
#include "promfill/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace promfill {
inline namespace PROMFILL_ABI {
namespace {

constexpr std::array<std::pair<std::string_view, DuplicatePolicy>, 6> kDuplicatePolicies{{
    {"keep-last", DuplicatePolicy::kKeepLast},
    {"keep-first", DuplicatePolicy::kKeepFirst},
    {"min", DuplicatePolicy::kMin},
    {"max", DuplicatePolicy::kMax},
    {"sum", DuplicatePolicy::kSum},
    {"fail", DuplicatePolicy::kFail},
}};
constexpr std::array<std::pair<std::string_view, NanPolicy>, 2> kNanPolicies{{
    {"keep", NanPolicy::kKeep},
    {"null", NanPolicy::kNull},
}};
constexpr std::array<std::pair<std::string_view, InexactPolicy>, 2> kInexactPolicies{{
    {"round", InexactPolicy::kRound},
    {"reject", InexactPolicy::kReject},
}};
constexpr std::array<std::pair<std::string_view, FloatEncoding>, 2> kFloatEncodings{{
    {"xor", FloatEncoding::kXor},
    {"xor2", FloatEncoding::kXor2},
}};
constexpr std::array<std::pair<std::string_view, CounterStart>, 2> kCounterStarts{{
    {"none", CounterStart::kNone},
    {"zero", CounterStart::kZero},
}};
constexpr std::array<std::pair<std::string_view, NullLabelPolicy>, 2> kNullLabelPolicies{{
    {"absent", NullLabelPolicy::kAbsent},
    {"reject", NullLabelPolicy::kReject},
}};
constexpr std::array<std::pair<std::string_view, ResumePolicy>, 3> kResumePolicies{{
    {"auto", ResumePolicy::kAuto},
    {"never", ResumePolicy::kNever},
    {"require", ResumePolicy::kRequire},
}};
constexpr std::array<std::pair<std::string_view, RejectPolicy>, 3> kRejectPolicies{{
    {"file", RejectPolicy::kFile},
    {"fail", RejectPolicy::kFail},
    {"drop", RejectPolicy::kDrop},
}};
constexpr std::array<std::pair<std::string_view, Target>, 3> kTargets{{
    {"prometheus", Target::kPrometheus},
    {"thanos", Target::kThanos},
    {"mimir", Target::kMimir},
}};

/// In lower case. A bare letter is a power of 1024, as for systemd, Docker and Java.
constexpr std::array<std::pair<std::string_view, std::uint64_t>, 14> kSizeUnits{{
    {"", 1},
    {"b", 1},
    {"k", 1ULL << 10},
    {"kib", 1ULL << 10},
    {"kb", 1'000},
    {"m", 1ULL << 20},
    {"mib", 1ULL << 20},
    {"mb", 1'000'000},
    {"g", 1ULL << 30},
    {"gib", 1ULL << 30},
    {"gb", 1'000'000'000},
    {"t", 1ULL << 40},
    {"tib", 1ULL << 40},
    {"tb", 1'000'000'000'000},
}};

/// Each decoder has a queue to each shard: the square of this many.
constexpr std::uint32_t kThreadsMax = 256;
/// Windows end at most this long after a time that can be stored; far beyond any retention.
constexpr Duration kBlockDurationMax{100LL * 366 * 24 * 3600 * 1000};
constexpr Duration kDay{24 * 3600 * 1000};

template <typename Table>
auto find_value(const Table& table, std::string_view text) -> std::optional<decltype(table[0].second)> {
  for (const auto& [name, value] : table) {
    if (name == text) return value;
  }
  return std::nullopt;
}

template <typename Table, typename Value>
std::string_view find_name(const Table& table, Value value) {
  for (const auto& [name, candidate] : table) {
    if (candidate == value) return name;
  }
  return "?";
}

}  // namespace

std::optional<DuplicatePolicy> parse_duplicate_policy(std::string_view text) {
  return find_value(kDuplicatePolicies, text);
}
std::optional<NanPolicy> parse_nan_policy(std::string_view text) { return find_value(kNanPolicies, text); }
std::optional<InexactPolicy> parse_inexact_policy(std::string_view text) { return find_value(kInexactPolicies, text); }
std::optional<NullLabelPolicy> parse_null_label_policy(std::string_view text) {
  return find_value(kNullLabelPolicies, text);
}
std::optional<FloatEncoding> parse_float_encoding(std::string_view text) { return find_value(kFloatEncodings, text); }
std::string_view to_string(FloatEncoding encoding) { return find_name(kFloatEncodings, encoding); }
std::optional<CounterStart> parse_counter_start(std::string_view text) { return find_value(kCounterStarts, text); }
std::string_view to_string(CounterStart start) { return find_name(kCounterStarts, start); }
std::string_view to_string(NanPolicy policy) { return find_name(kNanPolicies, policy); }
std::string_view to_string(InexactPolicy policy) { return find_name(kInexactPolicies, policy); }
std::string_view to_string(NullLabelPolicy policy) { return find_name(kNullLabelPolicies, policy); }
std::optional<ResumePolicy> parse_resume_policy(std::string_view text) { return find_value(kResumePolicies, text); }
std::string_view to_string(ResumePolicy policy) { return find_name(kResumePolicies, policy); }
std::optional<RejectPolicy> parse_reject_policy(std::string_view text) { return find_value(kRejectPolicies, text); }
std::optional<Target> parse_target(std::string_view text) { return find_value(kTargets, text); }
std::string_view to_string(DuplicatePolicy policy) { return find_name(kDuplicatePolicies, policy); }
std::string_view to_string(RejectPolicy policy) { return find_name(kRejectPolicies, policy); }
std::string_view to_string(Target target) { return find_name(kTargets, target); }

Result<std::uint64_t> parse_byte_size(std::string_view text) {
  const auto error = [text](std::string_view what) {
    return Error{ErrorCode::kUsage, "size '" + std::string(text) + "' " + std::string(what), "",
                 "give a whole number of bytes, or of KiB, MiB, GiB, kB, MB or GB, such as 512MiB"};
  };
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code == std::errc::result_out_of_range) return error("is beyond 64 bits");
  if (code != std::errc()) return error("is not a number of bytes");
  std::string unit(end, text.data() + text.size());
  // Not tolower: the locale of the program has no say in what an option means.
  std::transform(unit.begin(), unit.end(), unit.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const std::optional<std::uint64_t> step = find_value(kSizeUnits, unit);
  if (!step) return error("is not a number of bytes");
  if (number == 0) return error("is nothing");
  if (__builtin_mul_overflow(number, *step, &number)) return error("is beyond 64 bits");
  return number;
}

std::string format_byte_size(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (unit + 1 < kUnits.size() && (bytes >> (10 * (unit + 1))) != 0) ++unit;
  const std::uint64_t step = 1ULL << (10 * unit);
  std::string text = std::to_string(bytes / step);
  if (const std::uint64_t tenths = bytes % step * 10 / step; tenths != 0) text += '.' + std::to_string(tenths);
  return text.append(kUnits[unit]);
}

Status BackfillOptions::validate() const {
  const auto usage = [](std::string where, std::string message, std::string hint) {
    return Error{ErrorCode::kUsage, std::move(message), std::move(where), std::move(hint)};
  };
  if (out.empty()) return usage("--out", "no output directory was named", "add --out DIR");
  if (block_duration && (block_duration->ms < 1000 || *block_duration > kBlockDurationMax)) {
    return usage("--block-duration", "must be between 1s and 100y", "2h is what Prometheus itself writes");
  }
  if (block_duration && target == Target::kMimir && kDay.ms % block_duration->ms != 0) {
    return usage("--block-duration", "must divide a day: Mimir refuses blocks that cross midnight UTC",
                 "leave it out for blocks of 24h");
  }
  if (chunk_encoding == FloatEncoding::kXor2 && target != Target::kPrometheus) {
    return usage("--chunk-encoding",
                 "xor2 is read by Prometheus 3.14 and later, but not by " +
                     std::string(target == Target::kMimir ? "Mimir" : "Thanos"),
                 "leave it out");
  }
  if (stale_after && stale_after->ms <= 0) {
    return usage("--stale-after", "must be above 0", "give a duration such as 5m, or leave it out");
  }
  if (stale_after && block_duration && *stale_after > *block_duration) {
    return usage("--stale-after", "is longer than a block", "give " + to_string(*block_duration) + " or less");
  }
  if (counter_start == CounterStart::kZero && sorted) {
    return usage("--sorted", "can't be with --counter-start zero, whose samples lie before their rows",
                 "leave out --sorted");
  }
  if (retention && retention->ms <= 0) return usage("--retention", "must be above 0", "give a duration such as 15d");
  if (min_time && max_time && *min_time > *max_time) {
    return usage("--min-time", "is after --max-time", "both are inclusive; swap them");
  }
  if (created_at && (created_at->ms < 0 || created_at->ms >= (std::int64_t{1} << 48))) {
    return usage("--created-at", "does not fit a ULID", "give a time between 1970 and 10889");
  }
  if (threads > kThreadsMax) {
    return usage("--threads", "must be at most " + std::to_string(kThreadsMax), "leave it out to use every core");
  }
  return limits.validate();
}

}  // namespace PROMFILL_ABI
}  // namespace promfill
