// See query_pieces.h.
#include "sql/query_pieces.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

#include "sql/dialect.h"

namespace promfill {
namespace {

constexpr std::int64_t kSlicesMax = 100'000;

std::int64_t floor_to(std::int64_t value, std::int64_t step) {
  const std::int64_t rest = value % step;
  return value - (rest < 0 ? rest + step : rest);
}

std::int64_t in_unit(Duration length, TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kSeconds:
      return std::max<std::int64_t>(1, length.ms / 1000);
    case TimeUnit::kMilliseconds:
      return length.ms;
    case TimeUnit::kMicroseconds:
      return length.ms * 1000;
    case TimeUnit::kNanoseconds:
      return length.ms * 1'000'000;
  }
  return length.ms;
}

struct Extremes {
  std::int64_t min = 0;
  std::int64_t max = 0;
};

/// A whole number not above, for a minimum, or not below what the text says.
std::optional<std::int64_t> whole(const std::string& text, bool up) {
  std::int64_t integer = 0;
  const char* const end = text.data() + text.size();
  if (std::from_chars(text.data(), end, integer).ptr == end) return integer;
  double number = 0;
  if (std::from_chars(text.data(), end, number).ptr != end || !(std::fabs(number) < 9e18)) return std::nullopt;
  return static_cast<std::int64_t>(up ? std::ceil(number) : std::floor(number));
}

/// Of a column of numbers or timestamps; nothing where no row has a value.
Result<std::optional<Extremes>> extremes(Connection& connection, const std::string& query, const QueryColumn& column) {
  const std::string of = "(" + column.expression + ")";
  PROMFILL_TRY(const std::vector<std::string> row, connection.row(from_query("min" + of + ", max" + of, query, "")));
  if (row.size() != 2 || row[0].empty()) return std::optional<Extremes>();
  const auto min = whole(row[0], false);
  const auto max = whole(row[1], true);
  if (!min || !max) {
    return Error{ErrorCode::kUsage,
                 "column '" + column.name + "' can't be divided: it reaches from " + row[0] + " to " + row[1],
                 connection.database().address().shown, "leave out rows without a proper value: WHERE"};
  }
  return std::optional(Extremes{*min, *max});
}

std::string range_condition(const QueryColumn& column, std::optional<std::int64_t> from,
                            std::optional<std::int64_t> to) {
  std::string condition;
  if (from) condition = column.expression + " >= " + literal(*from, column.type);
  if (to) condition += (condition.empty() ? "" : " AND ") + column.expression + " < " + literal(*to, column.type);
  return condition;
}

/// Conditions for ranges that follow one another; the first takes what lies before it and what has no value, the last
/// what lies behind it.
std::vector<std::string> range_conditions(const QueryColumn& column, const std::vector<TimeSlice>& ranges) {
  std::vector<std::string> conditions;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const auto from = i == 0 ? std::nullopt : std::optional(ranges[i].from);
    const auto to = i + 1 == ranges.size() ? std::nullopt : std::optional(ranges[i].to);
    std::string condition = range_condition(column, from, to);
    if (i == 0 && !condition.empty()) condition = "(" + condition + " OR " + column.expression + " IS NULL)";
    conditions.push_back(std::move(condition));
  }
  return conditions;
}

Result<std::vector<std::string>> part_conditions(Connection& connection, const std::string& query,
                                                 const QueryColumn& column, std::uint64_t parts) {
  const DatabaseKind kind = connection.database().address().kind;
  if (column.type.kind == ColumnKind::kInt64 && !column.numbers_in_text) {
    PROMFILL_TRY(const std::optional<Extremes> all, extremes(connection, query, column));
    if (!all) return std::vector<std::string>{""};
    std::vector<TimeSlice> ranges;
    const double step =
        (static_cast<double>(all->max) - static_cast<double>(all->min) + 1) / static_cast<double>(parts);
    std::int64_t from = all->min;
    for (std::uint64_t i = 1; i <= parts; ++i) {
      const double next = static_cast<double>(all->min) + step * static_cast<double>(i);
      const std::int64_t to =
          i == parts || next >= static_cast<double>(all->max) ? all->max : static_cast<std::int64_t>(next);
      if (to > from || i == parts) ranges.push_back({from, to});
      from = std::max(from, to);
    }
    return range_conditions(column, ranges);
  }
  const std::string part = part_of(column.expression, parts, kind);
  if (part.empty()) {
    return Error{ErrorCode::kUsage, "column '" + column.name + "' has no whole numbers", "--partition-by",
                 "this database can be divided by a column of integers"};
  }
  std::vector<std::string> conditions;
  for (std::uint64_t i = 0; i < parts; ++i) {
    std::string condition = part + " = " + std::to_string(i);
    if (i == 0) condition = "(" + condition + " OR " + column.expression + " IS NULL)";
    conditions.push_back(std::move(condition));
  }
  return conditions;
}

struct Slices {
  std::vector<std::string> conditions;
  std::vector<std::optional<ColumnRange>> ranges;
};

Result<Slices> slice(Connection& connection, const std::string& query, const QueryColumns& columns, std::size_t time,
                     std::optional<TimeUnit> unit, Duration length, std::vector<std::string>& decisions) {
  const QueryColumn& column = columns.columns[time];
  const bool is_moment = column.type.kind == ColumnKind::kTimestamp;
  const bool is_number = column.type.kind == ColumnKind::kInt64 || column.type.kind == ColumnKind::kDouble;
  if (!is_moment && (!is_number || column.numbers_in_text)) {
    return Error{ErrorCode::kUsage, "the times of column '" + column.name + "' are texts", "--time-slices",
                 "make them timestamps or numbers in the query, such as CAST(… AS TIMESTAMP) or unixepoch(…)"};
  }
  if (is_number && !unit) {
    return Error{ErrorCode::kUsage, "the unit of column '" + column.name + "' isn't known", "--time-slices",
                 "say it: --timestamp " + column.name + ":s"};
  }
  PROMFILL_TRY(const std::optional<Extremes> all, extremes(connection, query, column));
  if (!all) return Slices{{""}, {std::nullopt}};
  PROMFILL_TRY(const std::vector<TimeSlice> ranges,
               time_slices(all->min, all->max, in_unit(length, is_moment ? column.type.unit : *unit)));
  Slices slices{range_conditions(column, ranges), {}};
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    // Numbers of a column of doubles are none of its range's.
    if (column.type.kind == ColumnKind::kDouble) {
      slices.ranges.emplace_back();
      continue;
    }
    slices.ranges.push_back(ColumnRange{
        .column = time, .min = std::max(ranges[i].from, all->min), .max = std::min(ranges[i].to - 1, all->max)});
  }
  decisions.push_back("the query is run " + std::to_string(ranges.size()) + " times, each for " + to_string(length) +
                      ", from " + literal(ranges.front().from, column.type) + " to " +
                      literal(ranges.back().to, column.type));
  return slices;
}

}  // namespace

Result<std::vector<TimeSlice>> time_slices(std::int64_t min, std::int64_t max, std::int64_t length) {
  PROMFILL_ASSERT(length > 0 && min <= max);
  const std::int64_t first = floor_to(std::max(min, std::numeric_limits<std::int64_t>::min() + length), length);
  const auto distance = static_cast<std::uint64_t>(max) - static_cast<std::uint64_t>(first);
  const std::uint64_t count = distance / static_cast<std::uint64_t>(length) + 1;
  if (count > kSlicesMax) {
    return Error{ErrorCode::kUsage, "the times make " + std::to_string(count) + " slices", "--time-slices",
                 "take longer ones, or leave out rows with odd times: WHERE"};
  }
  std::vector<TimeSlice> slices;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::int64_t from = first + static_cast<std::int64_t>(i) * length;
    slices.push_back({from, from > std::numeric_limits<std::int64_t>::max() - length
                                ? std::numeric_limits<std::int64_t>::max()
                                : from + length});
  }
  return slices;
}

namespace {

/// Whether the plan, in JSON, has nothing but scans of columns: with others the query would be computed twice.
bool only_scans(std::string_view plan) {
  static constexpr std::array<std::string_view, 8> kCheap{
      "SEQ_SCAN", "TABLE_SCAN", "READ_PARQUET", "PARQUET_SCAN", "PROJECTION", "FILTER", "COLUMN_DATA_SCAN", "RANGE"};
  constexpr std::string_view kName = "\"name\": \"";
  bool any = false;
  for (std::size_t at = plan.find(kName); at != std::string_view::npos; at = plan.find(kName, at + 1)) {
    const std::string_view name = plan.substr(at + kName.size());
    const std::string_view whole = name.substr(0, name.find('"'));
    if (std::ranges::find(kCheap, whole.substr(0, whole.find_last_not_of(' ') + 1)) == kCheap.end()) return false;
    any = true;
  }
  return any;
}

}  // namespace

Result<std::optional<ColumnRange>> cheap_range(Connection& connection, const std::string& query,
                                               const QueryColumns& columns, std::size_t time) {
  const QueryColumn& column = columns.columns[time];
  const bool is_whole = column.type.kind == ColumnKind::kInt64 || column.type.kind == ColumnKind::kTimestamp;
  if (column.range || !is_whole || connection.database().address().kind != DatabaseKind::kDuckDb) return column.range;
  PROMFILL_TRY(const std::vector<std::string> plan,
               connection.row("EXPLAIN (FORMAT json) " + from_query("*", query, "")));
  if (plan.size() != 2 || !only_scans(plan[1])) return std::optional<ColumnRange>();
  PROMFILL_TRY(const std::optional<Extremes> all, extremes(connection, query, column));
  if (!all) return std::optional<ColumnRange>();
  return std::optional(ColumnRange{.column = time, .min = all->min, .max = all->max});
}

Result<QueryPieces> divide_query(Connection& connection, const std::string& query, const QueryColumns& columns,
                                 std::size_t time, std::optional<TimeUnit> unit, std::optional<Duration> length,
                                 std::optional<std::size_t> part_column, std::uint64_t parts) {
  QueryPieces pieces;
  Slices slices{{""}, {std::nullopt}};
  if (length) {
    PROMFILL_TRY(slices, slice(connection, query, columns, time, unit, *length, pieces.decisions));
  }
  std::vector<std::string> part_wheres{""};
  if (part_column && parts > 1) {
    const QueryColumn& column = columns.columns[*part_column];
    PROMFILL_TRY(part_wheres, part_conditions(connection, query, column, parts));
    pieces.decisions.push_back("the query is divided into " + std::to_string(part_wheres.size()) +
                               " parts by column '" + column.name + "'");
  }
  for (std::size_t s = 0; s < slices.conditions.size(); ++s) {
    for (const std::string& part : part_wheres) {
      const std::string& by_time = slices.conditions[s];
      pieces.conditions.push_back(by_time + (by_time.empty() || part.empty() ? "" : " AND ") + part);
      PieceInfo& info = pieces.infos.emplace_back();
      info.first_row = 0;
      if (slices.ranges[s]) info.ranges.push_back(*slices.ranges[s]);
    }
  }
  pieces.infos.front().first_row = 1;
  return pieces;
}

}  // namespace promfill
