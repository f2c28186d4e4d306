// Names of policies, and what a job can't be asked to do.
#include "promfill/options.h"

#include <array>
#include <utility>

namespace promfill {
namespace {

constexpr std::array<std::pair<std::string_view, DuplicatePolicy>, 6> kDuplicatePolicies{{
    {"keep-last", DuplicatePolicy::kKeepLast},
    {"keep-first", DuplicatePolicy::kKeepFirst},
    {"min", DuplicatePolicy::kMin},
    {"max", DuplicatePolicy::kMax},
    {"sum", DuplicatePolicy::kSum},
    {"fail", DuplicatePolicy::kFail},
}};
constexpr std::array<std::pair<std::string_view, RejectPolicy>, 3> kRejectPolicies{{
    {"file", RejectPolicy::kFile},
    {"fail", RejectPolicy::kFail},
    {"drop", RejectPolicy::kDrop},
}};

/// Each decoder has a queue to each shard: the square of this many.
constexpr std::uint32_t kThreadsMax = 256;
/// Windows end at most this long after a time that can be stored; far beyond any retention.
constexpr Duration kBlockDurationMax{100LL * 366 * 24 * 3600 * 1000};

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
std::optional<RejectPolicy> parse_reject_policy(std::string_view text) { return find_value(kRejectPolicies, text); }
std::string_view to_string(DuplicatePolicy policy) { return find_name(kDuplicatePolicies, policy); }
std::string_view to_string(RejectPolicy policy) { return find_name(kRejectPolicies, policy); }

Status BackfillOptions::validate() const {
  const auto usage = [](std::string where, std::string message, std::string hint) {
    return Error{ErrorCode::kUsage, std::move(message), std::move(where), std::move(hint)};
  };
  if (out.empty()) return usage("--out", "no output directory was named", "add --out DIR");
  if (block_duration.ms < 1000 || block_duration > kBlockDurationMax) {
    return usage("--block-duration", "must be between 1s and 100y", "2h is what Prometheus itself writes");
  }
  if (min_time && max_time && *min_time > *max_time) {
    return usage("--min-time", "is after --max-time", "both are inclusive; swap them");
  }
  if (created_at && (created_at->ms < 0 || created_at->ms >= (std::int64_t{1} << 48))) {
    return usage("--created-at", "does not fit a ULID", "give a time between 1970 and 10889");
  }
  if (threads > kThreadsMax) {
    return usage("--threads", "must be at most " + std::to_string(kThreadsMax), "leave it out to use every core");
  }
  return {};
}

}  // namespace promfill
