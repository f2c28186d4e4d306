// Names and bounds of the limits, and what --limit says.
#include "promfill/limits.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "promfill/options.h"

namespace promfill {
inline namespace PROMFILL_ABI {
namespace {

/// Prometheus keeps the length of a name or a value in 24 bits (stringLabels, since 2.44).
constexpr std::uint64_t kPrometheusTextBytesMax = (1 << 24) - 1;
/// A mapping is checked against a schema column by column, which takes the product of their numbers.
constexpr std::uint64_t kColumnsMax = 1'000'000;
/// References to series have 32 bits, here and in an index.
constexpr std::uint64_t kSeriesMax = std::numeric_limits<std::uint32_t>::max();

constexpr std::array<LimitDefinition, 6> kLimits{{
    {"label_name_bytes", &Limits::label_name_bytes, kPrometheusTextBytesMax, true},
    {"label_value_bytes", &Limits::label_value_bytes, kPrometheusTextBytesMax, true},
    {"labels_per_series", &Limits::labels_per_series, kColumnsMax, false},
    {"metrics", &Limits::metrics, kColumnsMax, false},
    {"columns", &Limits::columns, kColumnsMax, false},
    {"series", &Limits::series, kSeriesMax, false},
}};
static_assert(sizeof(Limits) == kLimits.size() * sizeof(std::uint64_t), "a limit without a name");

std::string list_of_names() {
  std::string list;
  for (const LimitDefinition& limit : kLimits) {
    if (!list.empty()) list += &limit == &kLimits.back() ? " and " : ", ";
    list += limit.name;
  }
  return list;
}

std::optional<std::uint64_t> parse_value(const LimitDefinition& limit, std::string_view text) {
  if (limit.in_bytes) {
    const Result<std::uint64_t> size = parse_byte_size(text);
    return size ? std::optional(*size) : std::nullopt;
  }
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::span<const LimitDefinition> limit_definitions() { return kLimits; }

Status Limits::validate() const {
  for (const LimitDefinition& limit : kLimits) {
    const std::uint64_t value = this->*limit.value;
    if (value >= 1 && value <= limit.max) continue;
    return Error{ErrorCode::kUsage, "must be between 1 and " + std::to_string(limit.max),
                 "--limit " + std::string(limit.name) + "=" + std::to_string(value), "docs/limits.md says why"};
  }
  return {};
}

Result<Limits> with_limit(Limits limits, std::string_view setting) {
  const std::string where = "--limit " + std::string(setting);
  const std::size_t equals = setting.find('=');
  const auto limit = std::ranges::find(kLimits, setting.substr(0, equals), &LimitDefinition::name);
  if (limit == kLimits.end()) {
    return Error{ErrorCode::kUsage, "there is no limit of this name", where, "the limits are " + list_of_names()};
  }
  const std::string_view text = equals == std::string_view::npos ? std::string_view() : setting.substr(equals + 1);
  const std::optional<std::uint64_t> value = parse_value(*limit, text);
  if (!value) {
    return Error{ErrorCode::kUsage, "'" + std::string(text) + "' is not a number", where,
                 "write " + std::string(limit->name) + "=" + std::to_string(limits.*(limit->value)) +
                     (limit->in_bytes ? ", or a size such as 64KiB" : "")};
  }
  limits.*(limit->value) = *value;
  PROMFILL_TRY_STATUS(limits.validate());
  return limits;
}

std::string hint_to_raise(std::uint64_t Limits::* limit, std::uint64_t needed) {
  const auto at = std::ranges::find(kLimits, limit, &LimitDefinition::value);
  PROMFILL_ASSERT(at != kLimits.end());
  const std::string name(at->name);
  if (needed > at->max) return "the limit " + name + " can't be raised beyond " + std::to_string(at->max);
  return "raise the limit with --limit " + name + "=" + std::to_string(needed);
}

}  // namespace PROMFILL_ABI
}  // namespace promfill
