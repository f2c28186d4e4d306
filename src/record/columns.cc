// See promfill/columns.h: the functions of a RecordType over columns that are found by name.
#include "promfill/columns.h"

#include <algorithm>
#include <bit>
#include <type_traits>

#include "promfill/tag.h"

namespace promfill {
inline namespace PROMFILL_ABI {
namespace {

const ColumnTable& table_of(const void* rows) { return *static_cast<const ColumnTable*>(rows); }
/// @pre  RecordType::check has passed the table.
const Column& column_of(const void* rows, const std::string& name) { return *table_of(rows).find(name); }

template <typename Values>
using ElementOf = std::remove_cv_t<typename Values::element_type>;
template <typename Values>
constexpr bool holds_numbers() {
  if constexpr (std::is_same_v<Values, CodedTexts>) {
    return false;
  } else {
    return std::is_arithmetic_v<ElementOf<Values>>;
  }
}
template <typename Values>
constexpr bool holds_times() {
  if constexpr (holds_numbers<Values>()) {
    return !std::is_same_v<ElementOf<Values>, bool>;
  } else {
    return false;
  }
}

/// Call visit(i, row) for the rows of a range.
template <typename Visit>
void for_each(const RowRange& range, Visit visit) {
  if (range.order == nullptr) {
    for (std::size_t i = range.begin; i < range.end; ++i) visit(i, range.first + i);
  } else {
    for (std::size_t i = range.begin; i < range.end; ++i) visit(i, range.first + range.order[i]);
  }
}

/// Copy the validity of a range, if there is any. @return how many are null.
std::uint64_t read_validity(const Column& column, const RowRange& range, std::uint8_t* validity) {
  std::uint64_t nulls = 0;
  if (column.validity == nullptr) return nulls;
  for_each(range, [&](std::size_t i, std::size_t row) {
    const bool valid = column.valid(row);
    schema::set_bit(validity, i, valid);
    nulls += static_cast<std::uint64_t>(!valid);
  });
  return nulls;
}

/// Zero bits of [begin, begin + count).
std::uint64_t count_nulls(const std::uint8_t* validity, std::size_t begin, std::size_t count) {
  std::uint64_t set = 0;
  std::size_t at = begin;
  const std::size_t end = begin + count;
  for (; at < end && (at & 7) != 0; ++at) set += (validity[at >> 3] >> (at & 7)) & 1U;
  for (; at + 8 <= end; at += 8) set += static_cast<std::uint64_t>(std::popcount(validity[at >> 3]));
  for (; at < end; ++at) set += (validity[at >> 3] >> (at & 7)) & 1U;
  return count - set;
}

RecordType::Time::Counts read_times(const Column& column, const RowRange& range, void* out, std::uint8_t* validity) {
  RecordType::Time::Counts counts;
  counts.nulls = read_validity(column, range, validity);
  std::visit(
      [&]<typename Values>(const Values& values) {
        if constexpr (holds_times<Values>()) {
          counts.are_doubles = std::is_floating_point_v<ElementOf<Values>>;
          for_each(range, [&](std::size_t i, std::size_t row) {
            if constexpr (std::is_floating_point_v<ElementOf<Values>>) {
              static_cast<double*>(out)[i] = schema::as_double_time(values[row]);
            } else {
              static_cast<std::int64_t*>(out)[i] = schema::as_integer_time(values[row]);
            }
          });
        }
      },
      column.values);
  return counts;
}

ColumnCounts read_values(const Column& column, const RowRange& range, double* out, std::uint8_t* validity) {
  ColumnCounts counts;
  counts.nulls = read_validity(column, range, validity);
  std::visit(
      [&]<typename Values>(const Values& values) {
        if constexpr (holds_numbers<Values>()) {
          for_each(range, [&](std::size_t i, std::size_t row) {
            ColumnCounts one;
            out[i] = schema::as_double(values[row], one);
            counts.rounded += column.valid(row) ? one.rounded : 0;
          });
        }
      },
      column.values);
  return counts;
}

LentColumn lend(const Column& column, const RowRange& range) {
  const auto* const values = std::get_if<std::span<const double>>(&column.values);
  if (values == nullptr) return {};
  LentColumn lent{.values = values->data() + range.first};
  if (column.validity != nullptr) {
    lent.validity = column.validity;
    lent.validity_offset = range.first;
    lent.nulls = count_nulls(column.validity, range.first, range.end);
  }
  return lent;
}

void mark_changes(const Column& column, std::size_t first, std::size_t count, std::uint8_t* changed) {
  std::visit(
      [&]<typename Values>(const Values& values) {
        for (std::size_t i = 1; i < count; ++i) {
          const std::size_t row = first + i;
          bool same = false;
          if constexpr (std::is_same_v<Values, CodedTexts>) {
            same = values.codes[row] == values.codes[row - 1];
          } else {
            same = values[row] == values[row - 1];
          }
          changed[i] = static_cast<std::uint8_t>(changed[i] | static_cast<std::uint8_t>(!same));
        }
      },
      column.values);
  if (column.validity == nullptr) return;
  for (std::size_t i = 1; i < count; ++i) {
    if (column.valid(first + i) != column.valid(first + i - 1)) changed[i] = 1;
  }
}

void add_label(const Column& column, const std::string& name, std::size_t row, LabelSink& out) {
  if (!column.valid(row)) return;
  std::visit(
      [&]<typename Values>(const Values& values) {
        if constexpr (std::is_same_v<Values, CodedTexts>) {
          out.add(name, values.texts[values.codes[row]]);
        } else {
          out.add(name, values[row]);
        }
      },
      column.values);
}

enum class Use : std::uint8_t { kTime, kLabel, kMetric };

/// Whether a table's column can be read as what the schema says it is.
Status check_column(const std::string& schema, const ColumnTable& table, const std::string& name, Use use) {
  const std::string where = schema + "::" + name;
  const Column* const column = table.find(name);
  if (column == nullptr) {
    return Error{ErrorCode::kUsage, "a table has no such column", where, "add() it, or take it out of the schema"};
  }
  if (column->rows() != table.rows()) {
    return Error{ErrorCode::kUsage, "columns of a table differ in length", where,
                 std::to_string(column->rows()) + " rows, and " + std::to_string(table.rows()) + " in the first"};
  }
  const bool usable = std::visit(
      [use]<typename Values>(const Values&) {
        return use == Use::kLabel || (use == Use::kTime ? holds_times<Values>() : holds_numbers<Values>());
      },
      column->values);
  if (!usable) {
    return Error{ErrorCode::kUsage, use == Use::kTime ? "a time is a number" : "a metric is a number", where, ""};
  }
  if (const auto* const coded = std::get_if<CodedTexts>(&column->values)) {
    for (std::size_t row = 0; row < coded->codes.size(); ++row) {
      if (coded->codes[row] < coded->texts.size() || !column->valid(row)) continue;
      return Error{ErrorCode::kUsage, "a code has no text", where, "row " + std::to_string(row + 1) + " of a table"};
    }
  }
  return {};
}

std::string_view explain(TagMistake mistake) {
  switch (mistake) {
    case TagMistake::kNone:
      break;
    case TagMistake::kKeyWithoutColon:
      return "the tag has a key without a colon";
    case TagMistake::kInvalidKey:
      return "the tag has a key that is no label name";
    case TagMistake::kKeyTwice:
      return "the tag has a key twice";
    case TagMistake::kEmptyValue:
      return "the tag has a key without a value";
    case TagMistake::kTrailingBackslash:
      return "the tag ends in a backslash";
    case TagMistake::kNoMetricType:
      return "the tag has no metric_type";
    case TagMistake::kUnknownMetricType:
      return "the metric_type is unknown: it is gauge, counter, untyped, info, stateset or -";
    case TagMistake::kNoBounds:
    case TagMistake::kCumulativeIsNoWord:
      return "a column is one series: say metric_type:counter of each bucket, with its le as a label";
    case TagMistake::kInvalidMetricName:
      return "the metric_name is invalid";
    case TagMistake::kNameAsLabel:
      return "the name of the metric is said with metric_name";
  }
  return "";
}

}  // namespace

std::size_t Column::rows() const {
  return std::visit(
      []<typename Values>(const Values& of) {
        if constexpr (std::is_same_v<Values, CodedTexts>) {
          return of.codes.size();
        } else {
          return of.size();
        }
      },
      values);
}

const Column* ColumnTable::find(std::string_view name) const {
  const auto at = std::find_if(columns_.begin(), columns_.end(), [&](const Column& one) { return one.name == name; });
  return at == columns_.end() ? nullptr : &*at;
}

ColumnSchema& ColumnSchema::timestamp(std::string column, TimeUnit unit) {
  times_.push_back({std::move(column), ""});
  unit_ = unit;
  return *this;
}

ColumnSchema& ColumnSchema::label(std::string column, std::string name) {
  if (name.empty()) name = column;
  labels_.push_back({std::move(column), std::move(name)});
  return *this;
}

ColumnSchema& ColumnSchema::field(std::string column, std::string tag) {
  fields_.push_back({std::move(column), std::move(tag)});
  return *this;
}

Error ColumnSchema::wrong(const std::string& column, std::string_view what) const {
  return {ErrorCode::kUsage, std::string(what), name_ + "::" + column, ""};
}

Status ColumnSchema::check_names() const {
  if (times_.size() != 1) {
    return Error{ErrorCode::kUsage, times_.empty() ? "the schema has no time" : "the schema has two times", name_,
                 "say timestamp(column) once"};
  }
  for (std::size_t i = 0; i < labels_.size(); ++i) {
    if (!is_label_name(labels_[i].text)) return wrong(labels_[i].column, "the label name is invalid");
    for (std::size_t j = 0; j < i; ++j) {
      if (labels_[i].text == labels_[j].text) return wrong(labels_[i].column, "two labels have the same name");
    }
  }
  return {};
}

Result<std::optional<RecordType::Metric>> ColumnSchema::metric(const Named& field) const {
  const Tag tag = parse_tag(field.text);
  if (tag.mistake != TagMistake::kNone) return wrong(field.column, explain(tag.mistake));
  if (tag.is_ignored) return std::optional<RecordType::Metric>();
  if (tag.type == MetricType::kNativeHistogram || !tag.bounds.escaped.empty()) {
    return wrong(field.column, "a column of numbers is no distribution: use a struct, or a gauge or counter each");
  }
  RecordType::Metric metric;
  metric.member = field.column;
  metric.name = tag.metric_name.empty() ? field.column : std::string(tag.metric_name);
  metric.type = tag.type;
  for (const TagLabel& label : tag.labels) {
    metric.labels.push_back({std::string(label.name), label.value.text()});
    for (const Named& other : labels_) {
      if (other.text == label.name) return wrong(other.column, "two labels have the same name");
    }
  }
  metric.is_nullable = true;
  metric.read = [column = field.column](const RowRange& range, double* values, std::uint8_t* validity) {
    return read_values(column_of(range.rows, column), range, values, validity);
  };
  metric.lend = [column = field.column](const RowRange& range) { return lend(column_of(range.rows, column), range); };
  return std::optional(std::move(metric));
}

Result<RecordType> ColumnSchema::type() const {
  PROMFILL_TRY_STATUS(check_names());
  RecordType type;
  type.name = name_;
  type.time.member = times_.front().column;
  type.time.unit = unit_;
  type.time.is_nullable = true;
  type.time.read = [column = times_.front().column](const RowRange& range, void* values, std::uint8_t* validity) {
    return read_times(column_of(range.rows, column), range, values, validity);
  };
  std::vector<std::pair<std::string, Use>> uses{{times_.front().column, Use::kTime}};
  for (const Named& label : labels_) uses.emplace_back(label.column, Use::kLabel);
  for (const Named& field : fields_) {
    PROMFILL_TRY(std::optional<RecordType::Metric> made, metric(field));
    if (!made) continue;
    uses.emplace_back(field.column, Use::kMetric);
    type.metrics.push_back(*std::move(made));
  }
  type.check = [uses = std::move(uses), name = name_](const void* rows, std::size_t) -> Status {
    for (const auto& [column, use] : uses) PROMFILL_TRY_STATUS(check_column(name, table_of(rows), column, use));
    return {};
  };
  type.mark_changes = [labels = labels_](const void* rows, std::size_t first, std::size_t count,
                                         std::uint8_t* changed) {
    for (const Named& label : labels) mark_changes(column_of(rows, label.column), first, count, changed);
  };
  type.add_labels = [labels = labels_](const void* rows, std::size_t row, LabelSink& out) {
    for (const Named& label : labels) add_label(column_of(rows, label.column), label.text, row, out);
  };
  return type;
}

}  // namespace PROMFILL_ABI
}  // namespace promfill
