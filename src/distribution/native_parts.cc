// See native_parts.h.
#include "distribution/native_parts.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <string_view>

#include "family/bound.h"
#include "model/nearest_name.h"

namespace promfill {
namespace {

/// What a part's column has to hold.
enum class PartForm : std::uint8_t { kNumber, kTime, kTruth, kList, kPairs };

std::string_view described(PartForm form) {
  switch (form) {
    case PartForm::kNumber:
      return "numbers";
    case PartForm::kTime:
      return "times or numbers";
    case PartForm::kTruth:
      return "bools or numbers";
    case PartForm::kList:
      return "lists of numbers";
    case PartForm::kPairs:
      return "maps or lists of two numbers";
  }
  return "";
}

bool fits(ColumnKind kind, PartForm form) {
  switch (form) {
    case PartForm::kNumber:
      return is_number(kind);
    case PartForm::kTime:
      return is_number(kind) || kind == ColumnKind::kTimestamp;
    case PartForm::kTruth:
      return is_number(kind) || kind == ColumnKind::kBool;
    case PartForm::kList:
      return may_be_list(kind);
    case PartForm::kPairs:
      return may_be_pairs(kind);
  }
  return false;
}

std::optional<double> number_in(std::string_view text) {
  double number = 0;
  const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (trouble != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

class PartFinder {
 public:
  PartFinder(const NativePartsRequest& request, const std::function<std::size_t(std::size_t)>& position_of)
      : request_(request), native_(request.metric.native), position_of_(position_of) {}

  Result<NativeHistogramColumns> find() {
    NativeHistogramColumns columns;
    columns.counts_are_floats = native_.counts_are_floats;
    columns.is_gauge = native_.is_gauge;
    PROMFILL_TRY_STATUS(find_common(columns));
    if (!request_.metric.bounds.empty()) {
      PROMFILL_TRY_STATUS(find_bounds(columns));
      return columns;
    }
    PROMFILL_TRY(columns.scale, part("scale", native_.scale, PartForm::kNumber, {"scale"}));
    PROMFILL_TRY(columns.schema, part("schema", native_.schema, PartForm::kNumber, {"schema"}));
    if (columns.scale.is_there() == columns.schema.is_there()) {
      return wrong(
          columns.schema.is_there() ? "has both a schema and a scale" : "has no schema",
          "say schema: with a column or a number, such as schema: 3, or scale: for OpenTelemetry's histograms");
    }
    PROMFILL_TRY(columns.zero_threshold,
                 part("zero_threshold", native_.zero_threshold, PartForm::kNumber, {"zero_threshold"}));
    PROMFILL_TRY(columns.zero_count, part("zero_count", native_.zero_count, PartForm::kNumber, {"zero_count"}));
    PROMFILL_TRY(columns.custom_bounds,
                 part("custom_bounds", native_.custom_bounds, PartForm::kList, {"custom_bounds", "custom_values"}));
    PROMFILL_TRY(columns.positive, side("positive", native_.positive));
    PROMFILL_TRY(columns.negative, side("negative", native_.negative));
    PROMFILL_TRY_STATUS(check_side("positive", columns.positive));
    PROMFILL_TRY_STATUS(check_side("negative", columns.negative));
    const auto is_there = [](const HistogramSideColumns& side) {
      return side.spans.is_there() || side.counts.is_there() || side.by_number.is_there();
    };
    if (!is_there(columns.positive) && !is_there(columns.negative)) {
      return wrong("has no buckets", "say positive: {spans: COLUMN, counts: COLUMN}, or {by_number: COLUMN} of a map");
    }
    return columns;
  }

 private:
  /// What histograms of all forms have.
  Status find_common(NativeHistogramColumns& columns) {
    PROMFILL_TRY(columns.count, part("count", request_.metric.count, PartForm::kNumber, {"count"}));
    PROMFILL_TRY(columns.sum, part("sum", request_.metric.sum, PartForm::kNumber, {"sum"}));
    PROMFILL_TRY(columns.start,
                 part("start", request_.metric.start, PartForm::kTime, {"start", "created", "start_timestamp"}));
    PROMFILL_TRY(columns.stale, part("stale", request_.metric.stale, PartForm::kTruth, {"stale"}));
    return {};
  }

  /// Of a classic histogram: a column for each bucket.
  Status find_bounds(NativeHistogramColumns& columns) {
    columns.cumulative = request_.metric.cumulative;
    for (const BoundMapping& bound : request_.metric.bounds) {
      const std::optional<double> value = parse_bound(bound.bound);
      if (!value) return wrong("has the bound '" + bound.bound + "', which is no number", "write 0.5, or +Inf");
      PROMFILL_TRY(const HistogramPart found, part("bucket", bound.column, PartForm::kNumber, {}));
      if (!found.position) return wrong("has a bucket without a column", "write buckets: {\"0.1\": COLUMN}");
      columns.bounds.push_back({*value, *found.position});
    }
    std::sort(columns.bounds.begin(), columns.bounds.end(),
              [](const auto& a, const auto& b) { return a.bound < b.bound; });
    const auto same = [](const auto& a, const auto& b) { return a.bound == b.bound; };
    if (std::adjacent_find(columns.bounds.begin(), columns.bounds.end(), same) != columns.bounds.end()) {
      return wrong("has a bound twice", "leave one of them out");
    }
    return {};
  }

  Error wrong(const std::string& what, std::string hint) const {
    return {ErrorCode::kUsage, "native histogram '" + request_.metric.name + "' " + what, request_.where,
            std::move(hint)};
  }

  /// What the mapping says, or the first of `members` that the metric's column has and that fits.
  Result<HistogramPart> part(std::string_view what, const std::string& said, PartForm form,
                             std::initializer_list<std::string_view> members) {
    if (said.empty()) return member(form, members);
    const SourceSchema& schema = request_.schema;
    const auto named = [&](const ColumnField& field) { return field.name == said; };
    if (form == PartForm::kNumber && std::none_of(schema.begin(), schema.end(), named)) {
      if (const std::optional<double> number = number_in(said)) return HistogramPart{.constant = number};
    }
    PROMFILL_TRY(const std::size_t column,
                 find_column(schema, request_.source_name, said, std::string(what) + " column", request_.where));
    if (!fits(schema[column].type.kind, form)) {
      return Error{ErrorCode::kUsage,
                   std::string(what) + " column '" + said + "' of " + request_.source_name + " is " +
                       schema[column].type.source_type,
                   request_.where, "it must hold " + std::string(described(form)) + ": cast the column"};
    }
    return HistogramPart{.position = position_of_(column)};
  }

  Result<HistogramPart> member(PartForm form, std::initializer_list<std::string_view> members) {
    if (request_.metric.column.empty()) return HistogramPart();
    const SourceSchema& schema = request_.schema;
    for (const std::string_view member : members) {
      const std::string name = request_.metric.column + (member.empty() ? "" : "." + std::string(member));
      const auto at = std::find_if(schema.begin(), schema.end(), [&](const ColumnField& field) {
        return field.name == name && fits(field.type.kind, form);
      });
      if (at == schema.end()) continue;
      return HistogramPart{.position = position_of_(static_cast<std::size_t>(at - schema.begin()))};
    }
    return HistogramPart();
  }

  Result<HistogramSideColumns> side(const std::string& name, const BucketsMapping& said) {
    const auto find = [&](const char* what, const std::string& column, PartForm form,
                          std::initializer_list<std::string> members) -> Result<HistogramPart> {
      if (!column.empty()) return part(name + " " + what, column, form, {});
      for (const std::string& member_name : members) {
        PROMFILL_TRY(HistogramPart found, member(form, {member_name}));
        if (found.is_there()) return found;
      }
      return HistogramPart();
    };
    HistogramSideColumns side;
    const bool is_said = !(said.spans + said.deltas + said.counts + said.offset + said.by_number).empty();
    const auto members = [&](std::initializer_list<std::string> names) { return is_said ? decltype(names)() : names; };
    PROMFILL_TRY(side.by_number, find("by_number", said.by_number, PartForm::kPairs,
                                      members({name, name + "_buckets", name + ".buckets"})));
    if (!is_said && side.by_number.is_there()) return side;
    PROMFILL_TRY(side.spans, find("spans", said.spans, PartForm::kPairs, members({name + "_spans", name + ".spans"})));
    PROMFILL_TRY(side.deltas,
                 find("deltas", said.deltas, PartForm::kList, members({name + "_deltas", name + ".deltas"})));
    PROMFILL_TRY(side.counts, find("counts", said.counts, PartForm::kList,
                                   members({name + "_counts", name + ".counts", name + ".bucket_counts",
                                            name + "_buckets", name + ".buckets"})));
    PROMFILL_TRY(side.offset,
                 find("offset", said.offset, PartForm::kNumber, members({name + "_offset", name + ".offset"})));
    return side;
  }

  [[nodiscard]] Status check_side(const std::string& name, const HistogramSideColumns& side) const {
    const bool has_counts = side.deltas.is_there() || side.counts.is_there();
    const std::string hint = "say " + name +
                             ": {spans: COLUMN, counts: COLUMN}, {spans: COLUMN, deltas: COLUMN}, "
                             "{offset: COLUMN, counts: COLUMN} or {by_number: COLUMN}";
    if (side.by_number.is_there() && (has_counts || side.spans.is_there() || side.offset.is_there())) {
      return wrong("says its " + name + " buckets twice", hint);
    }
    if (side.deltas.is_there() && (side.counts.is_there() || !side.spans.is_there())) {
      return wrong("has " + name + " deltas that don't go with spans alone", hint);
    }
    if (side.spans.is_there() && (!has_counts || side.offset.is_there())) {
      return wrong("has " + name + " spans that don't go with counts or deltas alone", hint);
    }
    if (side.offset.is_there() && !side.counts.is_there()) return wrong("has a " + name + " offset alone", hint);
    if (side.deltas.is_there() && native_.counts_are_floats) {
      return wrong("has " + name + " deltas, which are whole numbers, and counts that are floats",
                   "name a column of counts, or leave out counts: float");
    }
    return {};
  }

  const NativePartsRequest& request_;
  const NativeHistogramMapping& native_;
  const std::function<std::size_t(std::size_t)>& position_of_;
};

}  // namespace

Result<NativeHistogramColumns> find_native_columns(const NativePartsRequest& request,
                                                   const std::function<std::size_t(std::size_t)>& position_of) {
  return PartFinder(request, position_of).find();
}

}  // namespace promfill
