#include "mapping/mapping_flags.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "calendar/time_unit.h"
#include "calendar/zone.h"
#include "mapping/metric_definitions.h"
#include "model/nearest_name.h"

namespace promfill {
namespace {

std::string in_flag(std::string_view flag, std::string_view text) {
  return std::string(flag) + " " + std::string(text);
}

/// "a:b" is a and b, split at the last colon; "a" has no second part.
std::pair<std::string_view, std::optional<std::string_view>> split_suffix(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

/// "a=b" is a and b, split at the first equals sign; "b" has no first part.
std::pair<std::optional<std::string_view>, std::string_view> split_name(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return {std::nullopt, text};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

Error incomplete(std::string_view flag, std::string_view text, std::string_view form) {
  return {ErrorCode::kUsage, "a name or column is missing", in_flag(flag, text), "write it as " + std::string(form)};
}

/// A pattern has colons itself: it begins behind the last one before its first '%'.
std::pair<std::string_view, std::optional<std::string_view>> split_notation(std::string_view text) {
  const std::size_t percent = text.find('%');
  const std::size_t colon = percent == std::string_view::npos ? percent : text.substr(0, percent).rfind(':');
  if (colon == std::string_view::npos) return split_suffix(text);
  return {text.substr(0, colon), text.substr(colon + 1)};
}

Status apply_timestamp(const std::string& text, TimestampMapping& timestamp) {
  const auto [column, suffix] = split_notation(text);
  if (column.empty()) return incomplete("--timestamp", text, "COL or COL:UNIT");
  if (suffix) {
    auto notation = parse_time_notation(*suffix);
    if (!notation) {
      Error error = std::move(notation).error();
      error.where = in_flag("--timestamp", text);
      error.hint += "; if the colon belongs to the column's name, write " + text + ":auto";
      return error;
    }
    timestamp.unit = notation->unit;
    timestamp.format = std::move(notation->format);
  } else if (column != timestamp.column) {  // else the flag leaves the file's words as they are
    timestamp.unit.reset();
    timestamp.format.clear();
  }
  if (column != timestamp.column) timestamp.time_column.clear();
  timestamp.column = column;
  timestamp.place = {};
  return {};
}

Status apply_local_time(const MappingFlags& flags, TimestampMapping& timestamp) {
  if (!flags.time_of_day.empty()) {
    if (timestamp.column.empty()) {
      return Error{ErrorCode::kUsage, "a column of times of day needs one of dates",
                   in_flag("--time-of-day", flags.time_of_day), "name it with --timestamp COL"};
    }
    timestamp.time_column = flags.time_of_day;
  }
  if (!flags.timezone.empty()) {
    if (auto zone = Zone::load(flags.timezone); !zone) {
      Error error = std::move(zone).error();
      error.where = in_flag("--timezone", flags.timezone);
      return error;
    }
    timestamp.timezone = flags.timezone;
  }
  if (flags.ambiguous.empty()) return {};
  auto ambiguous = parse_ambiguous_time(flags.ambiguous);
  if (!ambiguous) {
    Error error = std::move(ambiguous).error();
    error.where = in_flag("--ambiguous", flags.ambiguous);
    return error;
  }
  timestamp.ambiguous = *ambiguous;
  return {};
}

Status apply_offset(const std::string& text, TimestampMapping& timestamp) {
  auto offset = parse_time_offset(text);
  if (!offset) {
    Error error = std::move(offset).error();
    error.where = in_flag("--timestamp-offset", text);
    return error;
  }
  timestamp.offset_ms = *offset;
  return {};
}

/// Put `entry` in the place of the one with its name, or at the end.
template <typename Entry>
void replace_or_add(Entry entry, std::vector<Entry>& entries) {
  const auto same =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& other) { return other.name == entry.name; });
  if (same == entries.end()) {
    entries.push_back(std::move(entry));
  } else {
    *same = std::move(entry);
  }
}

template <typename Entry>
void remove_named(std::string_view name, std::vector<Entry>& entries) {
  std::erase_if(entries, [&](const Entry& entry) { return entry.name == name; });
}

/// Names given by several flags of one command line are a mistake, not a replacement.
class FlagNames {
 public:
  Status add(std::string_view name, std::string_view flag, std::string_view text) {
    if (std::find(names_.begin(), names_.end(), name) != names_.end()) {
      return Error{ErrorCode::kUsage, "'" + std::string(name) + "' is given twice", in_flag(flag, text),
                   "leave one of the flags out, or rename it"};
    }
    names_.emplace_back(name);
    return {};
  }

 private:
  std::vector<std::string> names_;
};

Status apply_labels(const MappingFlags& flags, Mapping& mapping) {
  FlagNames names;
  for (const std::string& text : flags.labels) {
    const auto [name, column] = split_name(text);
    if (column.empty() || (name && name->empty())) return incomplete("--label", text, "NAME=COL or COL");
    PROMFILL_TRY_STATUS(names.add(name.value_or(column), "--label", text));
    if (!mapping.labels) mapping.labels.emplace();
    remove_named(name.value_or(column), mapping.constants);
    replace_or_add(LabelMapping{std::string(name.value_or(column)), std::string(column), {}}, *mapping.labels);
  }
  for (const std::string& text : flags.consts) {
    const auto [name, value] = split_name(text);
    if (!name || name->empty()) return incomplete("--const", text, "NAME=VALUE");
    PROMFILL_TRY_STATUS(names.add(*name, "--const", text));
    if (mapping.labels) remove_named(*name, *mapping.labels);
    replace_or_add(ConstantLabel{std::string(*name), std::string(value), {}}, mapping.constants);
  }
  return {};
}

Status apply_metrics(const MappingFlags& flags, Mapping& mapping) {
  FlagNames names;
  for (const std::string& text : flags.metrics) {
    const auto [name, rest] = split_name(text);
    const auto [column, suffix] = split_suffix(rest);
    if (column.empty() || (name && name->empty())) return incomplete("--metric", text, "NAME=COL[:TYPE] or COL[:TYPE]");
    MetricMapping metric;
    metric.column = column;
    metric.name = name.value_or(column);
    PROMFILL_TRY_STATUS(names.add(metric.name, "--metric", text));
    if (!mapping.metrics) mapping.metrics.emplace();
    for (MetricMapping& other : *mapping.metrics) {
      if (other.name.empty()) other.name = other.column;
      if (other.name != metric.name) continue;
      metric = other;  // what the flag doesn't say, such as the help, stays
      metric.column = column;
      metric.place = {};
    }
    if (suffix) {
      auto type = parse_mapped_type(*suffix, true);
      if (!type) {
        Error error = std::move(type).error();
        error.where = in_flag("--metric", text);
        error.hint += "; if the colon belongs to the column's name, add the type: " + text + ":gauge";
        return error;
      }
      metric.type = *type;
      // On the command line a row has one bucket or quantile; where they are columns a file says so.
      if (*type == MetricType::kHistogram) metric.bound_column = "le";
      if (*type == MetricType::kSummary) metric.bound_column = "quantile";
    }
    replace_or_add(std::move(metric), *mapping.metrics);
  }
  return {};
}

Status apply_long_table(const std::string& text, Mapping& mapping) {
  const auto [name, rest] = split_name(text);
  const auto [value, suffix] = split_suffix(rest);
  if (!name || name->empty() || value.empty()) return incomplete("--long", text, "NAMECOL=VALUECOL");
  LongTable table;
  table.name_column = *name;
  table.value_column = value;
  if (suffix) {
    auto type = parse_mapped_type(*suffix);
    if (!type) {
      Error error = std::move(type).error();
      error.where = in_flag("--long", text);
      error.hint += "; if the colon belongs to the column's name, add the type: " + text + ":gauge";
      return error;
    }
    table.type = *type;
  }
  mapping.long_table = std::move(table);
  mapping.metrics.reset();  // of the file
  return {};
}

Status apply_start(const std::string& column, Mapping& mapping) {
  bool is_used = false;
  if (mapping.metrics) {
    for (MetricMapping& metric : *mapping.metrics) {
      if (metric.type != MetricType::kCounter) continue;
      if (metric.start.empty()) metric.start = column;
      is_used = true;
    }
  }
  if (is_used) return {};
  return Error{ErrorCode::kUsage, "there is no counter whose start it could be", in_flag("--start", column),
               "say which columns are counters: --metric requests_total=requests:counter"};
}

}  // namespace

Result<Mapping> apply_flags(Mapping base, const MappingFlags& flags) {
  if (!flags.timestamp.empty()) PROMFILL_TRY_STATUS(apply_timestamp(flags.timestamp, base.timestamp));
  if (!flags.timestamp_offset.empty()) PROMFILL_TRY_STATUS(apply_offset(flags.timestamp_offset, base.timestamp));
  PROMFILL_TRY_STATUS(apply_local_time(flags, base.timestamp));
  PROMFILL_TRY_STATUS(apply_labels(flags, base));
  if (!flags.long_table.empty()) PROMFILL_TRY_STATUS(apply_long_table(flags.long_table, base));
  PROMFILL_TRY_STATUS(apply_metrics(flags, base));
  if (!flags.prefix.empty()) base.prefix = flags.prefix;
  base.counter_total |= flags.counter_total;
  base.type_and_unit_labels |= flags.type_and_unit_labels;
  if (!flags.start.empty()) PROMFILL_TRY_STATUS(apply_start(flags.start, base));
  return base;
}

}  // namespace promfill
