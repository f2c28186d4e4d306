// Records as the compiled part of the library reads them: a schema becomes a few functions over rows of one type, each
// a tight loop. Programs need no more of this than LabelSink; who has rows that no C++ type describes says at run time
// what they are (columns.h), or fills in a RecordType.
#pragma once

#include <chrono>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "promfill/callback.h"
#include "promfill/histogram.h"
#include "promfill/labels.h"
#include "promfill/sample.h"
#include "promfill/schema.h"
#include "promfill/tag.h"
#include "promfill/time.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// Takes the labels of one row. Names and values are copied at once, into memory that serves the next row.
class LabelSink {
 public:
  /// An empty value means that the series has no such label. A name that is invalid, or that the series has already,
  /// makes the row a reject.
  void add(std::string_view name, std::string_view value) {
    append(name);
    append(value);
  }
  /// A text that ends with a zero byte; null: no such label.
  void add(std::string_view name, const char* value) {
    add(name, value == nullptr ? std::string_view() : std::string_view(value));
  }
  /// Numbers in their shortest form ("1004", "0.5"), bool as "true" and "false".
  template <typename N>
    requires std::is_arithmetic_v<N>
  void add(std::string_view name, N value) {
    if constexpr (std::same_as<N, bool>) {
      add(name, std::string_view(value ? "true" : "false"));
    } else if constexpr (std::floating_point<N>) {
      add_double(name, static_cast<double>(value));
    } else if constexpr (std::is_signed_v<N>) {
      add_integer(name, value < 0,
                  value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value));
    } else {
      add_integer(name, false, value);
    }
  }

  /// What was added: of each label the name and the value, each a length (std::size_t of this machine) and bytes.
  [[nodiscard]] std::string_view bytes() const { return bytes_; }
  /// Forget all labels.
  void clear() { bytes_.clear(); }

 private:
  void append(std::string_view text) {
    const std::size_t length = text.size();
    char raw[sizeof length];
    std::memcpy(raw, &length, sizeof length);
    bytes_.append(raw, sizeof length).append(text);
  }
  void add_double(std::string_view name, double value);
  void add_integer(std::string_view name, bool negative, std::uint64_t magnitude);

  std::string bytes_;
};

/// Of one metric's column of some rows.
struct ColumnCounts {
  std::uint64_t nulls = 0;    ///< rows without a value
  std::uint64_t rounded = 0;  ///< integers that no double holds
};

/// Which rows of a table to read: first + order[i], or first + i where there is no order, for i in [begin, end).
struct RowRange {
  const void* rows = nullptr;            ///< the table's first row
  std::size_t first = 0;                 ///< row of the table that the range counts from
  const std::uint32_t* order = nullptr;  ///< rows are taken in this order; null: as they lie
  std::size_t begin = 0;                 ///< the first row of the range
  std::size_t end = 0;                   ///< behind the last
};

/// A column that need not be copied: values of rows [begin, end) of a range, and where there are nulls a bitmap, low
/// bit first.
struct LentColumn {
  const double* values = nullptr;          ///< null: it has to be copied
  const std::uint8_t* validity = nullptr;  ///< a bit a row, 1: has a value; null: all have
  std::size_t validity_offset = 0;         ///< bits to skip
  std::uint64_t nulls = 0;                 ///< rows without a value
};

/// What a record is: functions over a table's rows, which `rows` leads to.
struct RecordType {
  /// How the time of a row is read.
  struct Time {
    std::string member;                  ///< for messages
    TimeUnit unit = TimeUnit::kSeconds;  ///< of numeric values
    bool unit_is_of_type = false;        ///< std::chrono says it
    bool is_nullable = false;            ///< rows may have none
    /// What was met in reading.
    struct Counts {
      std::uint64_t nulls = 0;   ///< rows without a time
      bool are_doubles = false;  ///< written as doubles; else as integers of `unit`
    };
    /// Write the times of a range to values[begin] …, all int64s or all doubles; where nullable also bits, 1 where
    /// there is one, low bit first.
    Callback<Counts(const RowRange& range, void* values, std::uint8_t* validity)> read{};
  };
  /// A sample of a row that is more than a number: one of the three, or none where the row has no sample.
  struct AnyValue {
    const Histogram* integer = nullptr;              ///< counts are whole numbers
    const FloatHistogram* floating_point = nullptr;  ///< counts are any numbers
    std::optional<double> number{};                  ///< a float
    Timestamp start{};                               ///< when the counting began; 0: not known
    bool is_rounded = false;                         ///< `number` was an integer that no double holds
  };
  /// A classic histogram or a summary of a row.
  struct FamilyValue {
    const double* values = nullptr;   ///< by bound; null: the row has no sample
    std::size_t count_of_values = 0;  ///< how many there are
    std::optional<double> sum{};      ///< of what was observed
    std::optional<double> count{};    ///< of what was observed
  };
  /// How one metric's values are read.
  struct Metric {
    std::string member;                    ///< name of the record's member
    std::string name;                      ///< of the metric
    MetricType type = MetricType::kGauge;  ///< kept as metadata
    std::vector<Label> labels;             ///< without the name
    bool is_nullable = false;              ///< rows may have none
    /// Write the values of a range to values[begin] …; validity as of Time.
    Callback<ColumnCounts(const RowRange& range, double* values, std::uint8_t* validity)> read{};
    /// Of native histograms, and of floats that say when their counting began, instead of `read`: that of a row.
    Callback<AnyValue(const void* rows, std::size_t row)> sample{};
    /// Of classic histograms and summaries, instead of `read`: that of a row.
    Callback<FamilyValue(const void* rows, std::size_t row)> family{};
    std::vector<std::string> bounds{};  ///< of `family`: of buckets, or quantiles
    bool cumulative = true;             ///< of a classic histogram: a bucket counts those below it, too
    /// The values of a range without order where they lie. May be empty: then all are copied.
    Callback<LentColumn(const RowRange& range)> lend{};
  };

  std::string name;             ///< for messages
  Time time;                    ///< where rows have their time
  std::vector<Metric> metrics;  ///< in the order of the schema
  /// Whether a table can be read at all. May be empty.
  Callback<Status(const void* rows, std::size_t count)> check{};
  /// Set changed[i] where row first + i differs from the one before it in a label, for i in [1, count). Empty: labels
  /// aren't members alone; they are asked for row by row.
  Callback<void(const void* rows, std::size_t first, std::size_t count, std::uint8_t* changed)> mark_changes{};
  /// Add the labels of a row. May throw.
  Callback<void(const void* rows, std::size_t row, LabelSink& out)> add_labels{};
};

namespace schema {

/// Integers from -2^53 to 2^53 are doubles, and of the others those that come back as they were.
template <typename I>
constexpr bool is_exact(I value) {
  constexpr double kTwoTo64 = 18446744073709551616.0;
  constexpr double kTwoTo63 = 9223372036854775808.0;
  const auto rounded = static_cast<double>(value);
  return rounded < (std::is_signed_v<I> ? kTwoTo63 : kTwoTo64) && static_cast<I>(rounded) == value;
}

template <typename N>
double as_double(N value, ColumnCounts& counts) {
  if constexpr (std::is_enum_v<N>) {
    return as_double(static_cast<std::underlying_type_t<N>>(value), counts);
  } else if constexpr (is_duration<N>) {
    return std::chrono::duration<double>(value).count();
  } else {
    if constexpr (std::integral<N> && sizeof(N) > sizeof(std::int32_t)) {
      counts.rounded += static_cast<std::uint64_t>(!is_exact(value));
    }
    return static_cast<double>(value);
  }
}

inline void set_bit(std::uint8_t* bits, std::size_t at, bool value) {
  const auto mask = static_cast<std::uint8_t>(1U << (at & 7));
  bits[at >> 3] = static_cast<std::uint8_t>(value ? bits[at >> 3] | mask : bits[at >> 3] & ~mask);
}

template <typename T, typename Visit>
void for_each_row(const RowRange& range, Visit visit) {
  const T* const rows = static_cast<const T*>(range.rows) + range.first;
  if (range.order == nullptr) {
    for (std::size_t i = range.begin; i < range.end; ++i) visit(i, rows[i]);
  } else {
    for (std::size_t i = range.begin; i < range.end; ++i) visit(i, rows[range.order[i]]);
  }
}

template <typename T, typename Where>
ColumnCounts read_values(const RowRange& range, double* values, [[maybe_unused]] std::uint8_t* validity) {
  ColumnCounts counts;
  for_each_row<T>(range, [&](std::size_t i, const T& row) {
    const auto& value = Where::of(row);
    if constexpr (Unwrapped<std::remove_cvref_t<decltype(value)>>::kOptional) {
      set_bit(validity, i, value.has_value());
      counts.nulls += static_cast<std::uint64_t>(!value.has_value());
      values[i] = value ? as_double(*value, counts) : 0;
    } else {
      values[i] = as_double(value, counts);
    }
  });
  return counts;
}

template <typename T, typename Where>
RecordType::AnyValue histogram_of(const void* rows, std::size_t row) {
  const auto& value = Where::of(static_cast<const T*>(rows)[row]);
  using M = std::remove_cvref_t<decltype(value)>;
  using H = typename Unwrapped<M>::Type;
  const H* found = nullptr;
  if constexpr (Unwrapped<M>::kOptional) {
    if (value) found = &*value;
  } else {
    found = &value;
  }
  if constexpr (std::same_as<H, Histogram>) {
    return {.integer = found};
  } else {
    return {.floating_point = found};
  }
}

template <typename T, typename Where>
RecordType::FamilyValue family_of(const void* rows, std::size_t row) {
  const auto& member = Where::of(static_cast<const T*>(rows)[row]);
  const auto said = [](const auto& family) -> RecordType::FamilyValue {
    const std::vector<double>* values = nullptr;
    if constexpr (requires { family.buckets; }) {
      values = &family.buckets;
    } else {
      values = &family.values;
    }
    return {.values = values->empty() ? nullptr : values->data(),
            .count_of_values = values->size(),
            .sum = family.sum,
            .count = family.count};
  };
  if constexpr (Unwrapped<std::remove_cvref_t<decltype(member)>>::kOptional) {
    return member ? said(*member) : RecordType::FamilyValue();
  } else {
    return said(member);
  }
}

/// A time of std::chrono as what has passed since 1970-01-01T00:00:00Z.
template <typename Duration>
constexpr Duration since_epoch(std::chrono::sys_time<Duration> time) {
  return time.time_since_epoch();
}
template <typename Rep, typename Period>
constexpr std::chrono::duration<Rep, Period> since_epoch(std::chrono::duration<Rep, Period> since) {
  return since;
}

template <typename M>
constexpr bool is_double_time() {
  if constexpr (is_chrono<M>) {
    return std::floating_point<typename decltype(since_epoch(M()))::rep>;
  } else {
    return std::floating_point<M>;
  }
}

/// Steps that a numeric time column can have; others become the next that holds them.
template <typename M>
constexpr TimeUnit unit_of() {
  if constexpr (is_double_time<M>()) return TimeUnit::kSeconds;
  using Period = typename decltype(since_epoch(M()))::period;
  if (std::ratio_divide<Period, std::ratio<1>>::den == 1) return TimeUnit::kSeconds;
  if (std::ratio_divide<Period, std::milli>::den == 1) return TimeUnit::kMilliseconds;
  return std::ratio_divide<Period, std::micro>::den == 1 ? TimeUnit::kMicroseconds : TimeUnit::kNanoseconds;
}

template <typename M>
double as_double_time(const M& value) {
  if constexpr (is_chrono<M>) {
    return std::chrono::duration<double>(since_epoch(value)).count();
  } else {
    return static_cast<double>(value);
  }
}

template <typename M>
std::int64_t as_integer_time(const M& value) {
  if constexpr (is_chrono<M>) {
    constexpr TimeUnit kUnit = unit_of<M>();
    using std::chrono::floor;
    if constexpr (kUnit == TimeUnit::kSeconds) return floor<std::chrono::seconds>(since_epoch(value)).count();
    if constexpr (kUnit == TimeUnit::kMilliseconds) return floor<std::chrono::milliseconds>(since_epoch(value)).count();
    if constexpr (kUnit == TimeUnit::kMicroseconds) return floor<std::chrono::microseconds>(since_epoch(value)).count();
    return floor<std::chrono::nanoseconds>(since_epoch(value)).count();
  } else if constexpr (std::is_unsigned_v<M> && sizeof(M) == sizeof(std::uint64_t)) {
    // Beyond what can be a time, and stays so.
    constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(value < kMax ? value : kMax);
  } else {
    return static_cast<std::int64_t>(value);
  }
}

template <typename T, typename Where, typename M>
RecordType::Time::Counts read_times(const RowRange& range, void* values, [[maybe_unused]] std::uint8_t* validity) {
  RecordType::Time::Counts counts;
  counts.are_doubles = is_double_time<typename Unwrapped<M>::Type>();
  for_each_row<T>(range, [&](std::size_t i, const T& row) {
    const auto& value = Where::of(row);
    const auto write = [&]<typename N>(const N& time) {
      if constexpr (is_double_time<N>()) {
        static_cast<double*>(values)[i] = as_double_time(time);
      } else {
        static_cast<std::int64_t*>(values)[i] = as_integer_time(time);
      }
    };
    if constexpr (Unwrapped<M>::kOptional) {
      set_bit(validity, i, value.has_value());
      counts.nulls += static_cast<std::uint64_t>(!value.has_value());
      write(value ? *value : typename Unwrapped<M>::Type());
    } else {
      write(value);
    }
  });
  return counts;
}

/// In milliseconds; what is no time lies behind all others.
template <typename M>
Timestamp start_of(const M& value, TimeUnit unit) {
  if constexpr (Unwrapped<M>::kOptional) {
    return value ? start_of(*value, unit) : Timestamp{};
  } else if constexpr (is_chrono<M>) {
    if constexpr (is_double_time<M>()) {
      return start_of(as_double_time(value), TimeUnit::kSeconds);
    } else {
      return {std::chrono::floor<std::chrono::milliseconds>(since_epoch(value)).count()};
    }
  } else {
    constexpr double kPerSecond[] = {1e0, 1e3, 1e6, 1e9};
    const double seconds = static_cast<double>(value) / kPerSecond[static_cast<std::size_t>(unit)];
    // A double is taken for the decimal that was written, as with timestamps.
    const double ms = std::floor(std::round(seconds * 1e6) / 1e3);
    return ms >= -9e15 && ms <= 9e15 ? Timestamp{static_cast<std::int64_t>(ms)} : kTimestampMax;
  }
}

/// A float with the time at which its counting began.
template <typename T, typename Where, typename WhereStart>
RecordType::AnyValue started_value_of(const void* rows, std::size_t row, TimeUnit unit) {
  const T& record = static_cast<const T*>(rows)[row];
  const auto& value = Where::of(record);
  ColumnCounts counts;
  RecordType::AnyValue found;
  if constexpr (Unwrapped<std::remove_cvref_t<decltype(value)>>::kOptional) {
    if (value) found.number = as_double(*value, counts);
  } else {
    found.number = as_double(value, counts);
  }
  found.is_rounded = counts.rounded > 0;
  found.start = start_of(WhereStart::of(record), unit);
  return found;
}

/// Text members as text, numbers as they are.
template <typename M>
auto label_value(const M& value) {
  if constexpr (std::is_array_v<M>) {
    const std::string_view whole(value, std::extent_v<M>);
    return whole.substr(0, whole.find('\0'));
  } else if constexpr (std::is_pointer_v<M>) {
    return value == nullptr ? std::string_view() : std::string_view(value);
  } else if constexpr (std::convertible_to<const M&, std::string_view>) {
    return std::string_view(value);
  } else if constexpr (std::is_enum_v<M>) {
    return static_cast<std::underlying_type_t<M>>(value);
  } else {
    return value;
  }
}

template <typename M>
bool is_same_label(const M& a, const M& b) {
  if constexpr (Unwrapped<M>::kOptional) {
    return a.has_value() == b.has_value() && (!a.has_value() || is_same_label(*a, *b));
  } else {
    return label_value(a) == label_value(b);
  }
}

template <typename M>
void add_label(std::string_view name, const M& value, LabelSink& out) {
  if constexpr (Unwrapped<M>::kOptional) {
    if (value) add_label(name, *value, out);
  } else {
    out.add(name, label_value(value));
  }
}

template <typename T>
concept AddsLabels = requires(const T& record, LabelSink& out) { record.additional_labels(out); };
template <typename T>
concept ReturnsLabels = requires(const T& record) { record.additional_labels().begin()->second; };
template <typename T>
concept ReturnsLabelsAsInGo = requires(const T& record) { record.GetAdditionalLabels().begin()->second; };

template <typename T>
void mark_changes(const void* table, std::size_t first, std::size_t count, std::uint8_t* changed) {
  const T* const rows = static_cast<const T*>(table) + first;
  for_each_entry(Path<>(), Schema<T>::fields, [&]<typename Where, typename Entry>(Where, const Entry&) {
    if constexpr (is_label_entry<Entry>) {
      for (std::size_t i = 1; i < count; ++i) {
        changed[i] = static_cast<std::uint8_t>(
            changed[i] | static_cast<std::uint8_t>(!is_same_label(Where::of(rows[i]), Where::of(rows[i - 1]))));
      }
    }
  });
}

template <typename T>
void add_labels(const void* rows, std::size_t row, LabelSink& out) {
  const T& record = static_cast<const T*>(rows)[row];
  for_each_entry(Path<>(), Schema<T>::fields, [&]<typename Where, typename Entry>(Where, const Entry& entry) {
    if constexpr (is_label_entry<Entry>) add_label(entry.name, Where::of(record), out);
  });
  if constexpr (AddsLabels<T>) {
    record.additional_labels(out);
  } else if constexpr (ReturnsLabels<T>) {
    for (const auto& [name, value] : record.additional_labels()) out.add(name, value);
  } else if constexpr (ReturnsLabelsAsInGo<T>) {
    for (const auto& [name, value] : record.GetAdditionalLabels()) out.add(name, value);
  }
}

/// "BaseRecord" of a type, as the compiler spells it.
template <typename T>
consteval std::string_view type_name() {
  std::string_view text = __PRETTY_FUNCTION__;  // "… [with T = models::BaseRecord; …]" or "… [T = models::BaseRecord]"
  text.remove_prefix(text.find("T = ") + std::string_view("T = ").size());
  return text.substr(0, text.find_first_of(";]"));
}

template <typename T, typename Where, typename M>
RecordType::Time time_of(std::string_view member, TimeUnit unit) {
  using Plain = typename Unwrapped<M>::Type;
  RecordType::Time time;
  time.member = member;
  time.unit_is_of_type = is_chrono<Plain>;
  time.unit = unit;
  if constexpr (is_chrono<Plain>) time.unit = unit_of<Plain>();
  time.is_nullable = Unwrapped<M>::kOptional;
  time.read = &read_times<T, Where, M>;
  return time;
}

template <typename T>
constexpr bool has_timestamp_entry() {
  return shape_of(Schema<T>::fields).timestamps > 0;
}

/// By its name, where no entry of the schema says it.
template <typename T>
RecordType::Time named_time() {
  if constexpr (requires { &T::Timestamp; }) {
    return time_of<T, Path<&T::Timestamp>, MemberOf<&T::Timestamp>>("Timestamp", TimeUnit::kSeconds);
  } else if constexpr (requires { &T::timestamp; }) {
    return time_of<T, Path<&T::timestamp>, MemberOf<&T::timestamp>>("timestamp", TimeUnit::kSeconds);
  } else {
    static_assert(sizeof(T) == 0,
                  "promfill: the record has no time: add promfill::timestamp<&T::member>() to its promfill::Schema");
    return {};
  }
}

/// Where the schema says when counting began.
template <typename T, typename Where>
void add_start(RecordType::Metric& metric) {
  for_each_entry(Path<>(), Schema<T>::fields, [&metric]<typename Here, typename Entry>(Here, const Entry& entry) {
    if constexpr (is_start_entry<Entry>) {
      metric.sample = [unit = entry.unit](const void* rows, std::size_t row) {
        return started_value_of<T, Where, Here>(rows, row, unit);
      };
      metric.read = {};
    }
  });
}

/// "0.1 0.5" as two words.
std::vector<std::string> split_at_blanks(std::string_view text);

}  // namespace schema

/// What the Schema of T says, for the compiled part of the library.
template <typename T>
RecordType record_type() {
  static_assert(Record<T>, "promfill: there is no promfill::Schema with `fields` for this type of record");
  RecordType type;
  type.name = schema::type_name<T>();
  if constexpr (!schema::has_timestamp_entry<T>()) type.time = schema::named_time<T>();
  schema::for_each_entry(
      schema::Path<>(), Schema<T>::fields, [&type]<typename Where, typename Entry>(Where, const Entry& entry) {
        using M = schema::MemberOf<Entry::kPointer>;
        if constexpr (schema::is_timestamp_entry<Entry>) {
          type.time = schema::time_of<T, Where, M>(schema::member_name<Entry::kPointer>(), entry.unit);
        } else if constexpr (schema::is_metric_entry<Entry>) {
          const Tag tag = parse_tag(entry.tag);
          if (tag.is_ignored) return;
          RecordType::Metric& metric = type.metrics.emplace_back();
          metric.member = schema::member_name<Entry::kPointer>();
          metric.name = schema::metric_name<Entry>(tag);
          metric.type = tag.type;
          for (const TagLabel& label : tag.labels)
            metric.labels.push_back({std::string(label.name), label.value.text()});
          metric.is_nullable = schema::Unwrapped<M>::kOptional;
          if constexpr (schema::HistogramValue<M>) {
            metric.sample = &schema::histogram_of<T, Where>;
          } else if constexpr (schema::FamilyValue<M>) {
            metric.family = &schema::family_of<T, Where>;
            metric.bounds = schema::split_at_blanks(tag.bounds.text());
            metric.cumulative = tag.cumulative.escaped != "false";
          } else {
            metric.read = &schema::read_values<T, Where>;
            if (tag.type == MetricType::kCounter) schema::add_start<T, Where>(metric);
          }
        }
      });
  constexpr bool kMembersAlone = !schema::AddsLabels<T> && !schema::ReturnsLabels<T> && !schema::ReturnsLabelsAsInGo<T>;
  if constexpr (kMembersAlone) type.mark_changes = &schema::mark_changes<T>;
  type.add_labels = &schema::add_labels<T>;
  return type;
}

}  // namespace PROMFILL_ABI
}  // namespace promfill
