// Schema<T>: what the members of a struct are in a job — its time, its labels, its metrics.
//
//   template <> struct promfill::Schema<Usage> {
//     static constexpr auto fields = promfill::fields(
//         promfill::timestamp<&Usage::at>(promfill::TimeUnit::milliseconds),
//         promfill::label<&Usage::host>("instance"),
//         promfill::field<&Usage::cpu>("metric_type:gauge,unit:percent"));
//   };
//
// A tag is "key:value,key:value": a backslash takes the next character as it is, blanks before a key are passed over.
//   metric_type   gauge, counter, untyped, info, stateset, histogram, summary or native_histogram; - : this member is
//   no
//                 metric
//   bounds        of a histogram's buckets, divided by blanks; cumulative:false: each bucket counts itself alone
//   quantiles     of a summary, likewise
//   metric_name   of the metric, in place of the member's name
//   any other key is a label of the metric, description, help, humanName and unit among them
// (BackfillOptions::metadata_as_labels keeps those four out). A mistake in a tag does not compile: the compiler's
// message has one of the names in namespace promfill::mistake.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "promfill/classic.h"
#include "promfill/histogram.h"
#include "promfill/sample.h"
#include "promfill/tag.h"
#include "promfill/time.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// What records of type T are: specialize it with `static constexpr auto fields = promfill::fields(…)`.
template <typename T>
struct Schema {};

/// Set it to true for an enum whose number is a value or a label.
template <typename E>
inline constexpr bool enum_as_number = false;

// Declared only: a mistake in a schema calls one of them where the compiler must know the result, and its message has
// the name.
namespace mistake {
void the_tag_has_a_key_without_a_colon();
void the_tag_has_a_key_that_is_no_label_name();
void the_tag_has_a_key_twice();
void the_tag_has_a_key_without_a_value();
void the_tag_ends_in_a_backslash();
void the_tag_has_no_metric_type();
void the_metric_type_is_unknown_it_is_gauge_counter_untyped_or_a_minus();
void the_metric_type_histogram_needs_bounds_and_summary_needs_quantiles();
void the_metric_types_histogram_and_summary_are_of_ClassicHistogram_and_Summary_and_they_have_no_other();
void cumulative_is_true_or_false();
void the_record_has_two_starts();
void the_metric_type_native_histogram_is_of_Histogram_and_FloatHistogram_and_they_have_no_other();
void the_metric_name_is_invalid();
void the_name_of_the_metric_is_said_with_metric_name();
void the_label_name_is_invalid();
void two_labels_have_the_same_name();
void two_fields_would_make_the_same_series();
void the_record_has_two_timestamps();
}  // namespace mistake

namespace schema {

/// "cpu" of &Usage::cpu, as the compiler spells it.
template <auto kMember>
consteval std::string_view member_name() {
  std::string_view text =
      __PRETTY_FUNCTION__;  // "… [with auto kMember = &Usage::cpu; …]" or "… [kMember = &Usage::cpu]"
  text.remove_prefix(text.find("kMember = ") + std::string_view("kMember = ").size());
  text = text.substr(0, text.find_first_of(";]"));
  while (text.ends_with(')')) text.remove_suffix(1);
  return text.substr(text.rfind(':') + 1);
}

template <typename M>
struct MemberPointer;
template <typename M, typename T>
struct MemberPointer<M T::*> {
  using Member = M;
  using Owner = T;
};
template <auto kMember>
using MemberOf = std::remove_cv_t<typename MemberPointer<std::remove_cv_t<decltype(kMember)>>::Member>;

template <typename M>
struct Unwrapped {
  using Type = M;
  static constexpr bool kOptional = false;
};
template <typename M>
struct Unwrapped<std::optional<M>> {
  using Type = M;
  static constexpr bool kOptional = true;
};

template <typename M>
inline constexpr bool is_time_point = false;
template <typename D>
inline constexpr bool is_time_point<std::chrono::sys_time<D>> = true;

template <typename M>
inline constexpr bool is_duration = false;
template <typename Rep, typename Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> = true;

/// A type that knows its unit.
template <typename M>
inline constexpr bool is_chrono = is_time_point<M> || is_duration<M>;

template <typename M>
concept Number = std::is_arithmetic_v<M> || (std::is_enum_v<M> && enum_as_number<M>);
template <typename M>
concept Value = Number<typename Unwrapped<M>::Type> || is_duration<typename Unwrapped<M>::Type>;
/// A whole distribution.
template <typename M>
concept HistogramValue =
    std::same_as<typename Unwrapped<M>::Type, Histogram> || std::same_as<typename Unwrapped<M>::Type, FloatHistogram>;
/// Several series.
template <typename M>
concept FamilyValue =
    std::same_as<typename Unwrapped<M>::Type, ClassicHistogram> || std::same_as<typename Unwrapped<M>::Type, Summary>;
template <typename M>
concept Text = std::convertible_to<const M&, std::string_view> ||
               (std::is_array_v<M> && std::same_as<std::remove_cv_t<std::remove_extent_t<M>>, char>);
template <typename M>
concept LabelValue = Text<typename Unwrapped<M>::Type> || Number<typename Unwrapped<M>::Type>;
template <typename M>
concept Time = is_chrono<typename Unwrapped<M>::Type> ||
               (std::is_arithmetic_v<typename Unwrapped<M>::Type> && !std::same_as<typename Unwrapped<M>::Type, bool>);

consteval void refuse(TagMistake found) {
  switch (found) {
    case TagMistake::kNone:
      return;
    case TagMistake::kKeyWithoutColon:
      return mistake::the_tag_has_a_key_without_a_colon();
    case TagMistake::kInvalidKey:
      return mistake::the_tag_has_a_key_that_is_no_label_name();
    case TagMistake::kKeyTwice:
      return mistake::the_tag_has_a_key_twice();
    case TagMistake::kEmptyValue:
      return mistake::the_tag_has_a_key_without_a_value();
    case TagMistake::kTrailingBackslash:
      return mistake::the_tag_ends_in_a_backslash();
    case TagMistake::kNoMetricType:
      return mistake::the_tag_has_no_metric_type();
    case TagMistake::kUnknownMetricType:
      return mistake::the_metric_type_is_unknown_it_is_gauge_counter_untyped_or_a_minus();
    case TagMistake::kNoBounds:
      return mistake::the_metric_type_histogram_needs_bounds_and_summary_needs_quantiles();
    case TagMistake::kCumulativeIsNoWord:
      return mistake::cumulative_is_true_or_false();
    case TagMistake::kInvalidMetricName:
      return mistake::the_metric_name_is_invalid();
    case TagMistake::kNameAsLabel:
      return mistake::the_name_of_the_metric_is_said_with_metric_name();
  }
}

// What a schema's entries are: a member's pointer is part of the type, what is said of it the value.

template <auto kMember>
struct TimestampEntry {
  static constexpr auto kPointer = kMember;
  TimeUnit unit = TimeUnit::kSeconds;
};

template <auto kMember>
struct StartEntry {
  static constexpr auto kPointer = kMember;
  TimeUnit unit = TimeUnit::kSeconds;
};

template <auto kMember>
struct LabelEntry {
  static constexpr auto kPointer = kMember;
  std::string_view name;
};

template <auto kMember>
struct MetricEntry {
  static constexpr auto kPointer = kMember;
  std::string_view tag;
};

template <auto kMember>
struct NestedEntry {
  static constexpr auto kPointer = kMember;
};

template <typename... Entries>
struct Fields {
  std::tuple<Entries...> entries;
};

template <typename E>
inline constexpr bool is_timestamp_entry = false;
template <auto kMember>
inline constexpr bool is_timestamp_entry<TimestampEntry<kMember>> = true;
template <typename E>
inline constexpr bool is_start_entry = false;
template <auto kMember>
inline constexpr bool is_start_entry<StartEntry<kMember>> = true;
template <typename E>
inline constexpr bool is_label_entry = false;
template <auto kMember>
inline constexpr bool is_label_entry<LabelEntry<kMember>> = true;
template <typename E>
inline constexpr bool is_metric_entry = false;
template <auto kMember>
inline constexpr bool is_metric_entry<MetricEntry<kMember>> = true;

/// A member of a record, or of a struct in it, or …: one pointer for each step.
template <auto... kSteps>
struct Path {
  template <typename T>
  static constexpr const auto& of(const T& record) {
    return (record.*....*kSteps);
  }
  template <auto kStep>
  using Then = Path<kSteps..., kStep>;
};

/// Call visit(path, entry) for every timestamp, label and metric, those of nested structs in their place.
template <typename Before, typename Entries, typename Visit>
constexpr void for_each_entry(Before before, const Entries& fields, Visit visit) {
  const auto walk = [&]<typename Entry>(const Entry& entry) {
    using Here = typename Before::template Then<Entry::kPointer>;
    if constexpr (is_timestamp_entry<Entry> || is_start_entry<Entry> || is_label_entry<Entry> ||
                  is_metric_entry<Entry>) {
      visit(Here(), entry);
    } else {
      for_each_entry(Here(), Schema<MemberOf<Entry::kPointer>>::fields, visit);
    }
  };
  std::apply([&](const auto&... entry) { (walk(entry), ...); }, fields.entries);
  (void)before;
}

/// The name of the metric that a member is.
template <typename Entry>
constexpr std::string_view metric_name(const Tag& tag) {
  return tag.metric_name.empty() ? member_name<Entry::kPointer>() : tag.metric_name;
}

struct Series {
  std::string_view name;
  std::vector<TagLabel> labels;
};

/// What can be wrong between the entries of a schema.
struct Shape {
  std::vector<std::string_view> label_names;
  std::vector<Series> series;  // of each metric
  std::size_t timestamps = 0;
  std::size_t starts = 0;
};

template <typename Entries>
constexpr Shape shape_of(const Entries& fields) {
  Shape shape;
  for_each_entry(Path<>(), fields, [&shape]<typename Here, typename Entry>(Here, const Entry& entry) {
    if constexpr (is_timestamp_entry<Entry>) {
      ++shape.timestamps;
    } else if constexpr (is_start_entry<Entry>) {
      ++shape.starts;
    } else if constexpr (is_label_entry<Entry>) {
      shape.label_names.push_back(entry.name);
    } else {
      const Tag tag = parse_tag(entry.tag);
      if (!tag.is_ignored) shape.series.push_back({metric_name<Entry>(tag), tag.labels});
    }
  });
  return shape;
}

consteval void refuse(const Shape& shape) {
  if (shape.timestamps > 1) mistake::the_record_has_two_timestamps();
  if (shape.starts > 1) mistake::the_record_has_two_starts();
  for (std::size_t i = 0; i < shape.label_names.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (shape.label_names[i] == shape.label_names[j]) mistake::two_labels_have_the_same_name();
    }
    for (const Series& series : shape.series) {
      for (const TagLabel& label : series.labels) {
        if (label.name == shape.label_names[i]) mistake::two_labels_have_the_same_name();
      }
    }
  }
  for (std::size_t i = 0; i < shape.series.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (shape.series[i].name == shape.series[j].name && shape.series[i].labels == shape.series[j].labels) {
        mistake::two_fields_would_make_the_same_series();
      }
    }
  }
}

}  // namespace schema

/// The record's time: a number in steps of `unit` since 1970-01-01T00:00:00Z, integer or floating. A record without
/// this entry needs a member Timestamp or timestamp; if that is a number, it is seconds.
template <auto kMember>
consteval schema::TimestampEntry<kMember> timestamp(TimeUnit unit) {
  using M = schema::MemberOf<kMember>;
  static_assert(schema::Time<M>,
                "promfill: a timestamp is a number, a std::chrono::sys_time or a std::chrono::duration");
  static_assert(!schema::is_chrono<typename schema::Unwrapped<M>::Type>,
                "promfill: a time of std::chrono knows its unit; leave it out");
  return {unit};
}
/// The record's time: a std::chrono::sys_time, a std::chrono::duration since 1970-01-01T00:00:00Z, or a number of
/// seconds.
template <auto kMember>
consteval schema::TimestampEntry<kMember> timestamp() {
  static_assert(schema::Time<schema::MemberOf<kMember>>,
                "promfill: a timestamp is a number, a std::chrono::sys_time or a std::chrono::duration");
  return {};
}

/// When the counting of the record's counters began: a time as timestamp() takes it, in steps of `unit` where it is a
/// number. An empty std::optional and 0 are none. It is kept in XOR2 (BackfillOptions::chunk_encoding), and with
/// CounterStart::kZero each counter begins with a 0 there.
template <auto kMember>
consteval schema::StartEntry<kMember> start(TimeUnit unit = TimeUnit::kSeconds) {
  static_assert(schema::Time<schema::MemberOf<kMember>>,
                "promfill: a start is a number, a std::chrono::sys_time or a std::chrono::duration");
  return {unit};
}

/// A label of all series of the record: text (std::string, std::string_view, const char*, char[]) or a number, which is
/// written in its shortest form; an empty std::optional or text means that the series has no such label.
/// @param name  of the label; without one, the member's.
template <auto kMember>
consteval schema::LabelEntry<kMember> label(std::string_view name = schema::member_name<kMember>()) {
  static_assert(schema::LabelValue<schema::MemberOf<kMember>>,
                "promfill: a label is text, a number, or an enum with promfill::enum_as_number");
  if (!is_label_name(name)) mistake::the_label_name_is_invalid();
  return {name};
}

/// A metric. Values: every arithmetic type, an enum with promfill::enum_as_number, a std::chrono::duration, which is
/// seconds, or a std::optional of these, which has no sample where it is empty. Integers beyond 2^53 that no double
/// holds are rounded and counted. With metric_type:native_histogram a Histogram or a FloatHistogram; one that can't be
/// (validate()) makes the value a reject. With metric_type:histogram a ClassicHistogram, with metric_type:summary a
/// Summary.
/// @param tag  see the top of this file.
template <auto kMember>
consteval schema::MetricEntry<kMember> field(std::string_view tag) {
  using M = schema::MemberOf<kMember>;
  static_assert(schema::Value<M> || schema::HistogramValue<M> || schema::FamilyValue<M>,
                "promfill: a metric is a number, a std::chrono::duration, an enum with promfill::enum_as_number, a "
                "native or classic histogram, a summary, or a std::optional of these");
  const Tag read = parse_tag(tag);
  schema::refuse(read.mistake);
  if (!read.is_ignored && (read.type == MetricType::kNativeHistogram) != schema::HistogramValue<M>) {
    mistake::the_metric_type_native_histogram_is_of_Histogram_and_FloatHistogram_and_they_have_no_other();
  }
  using Plain = typename schema::Unwrapped<M>::Type;
  if (!read.is_ignored && ((read.type == MetricType::kHistogram) != std::same_as<Plain, ClassicHistogram> ||
                           (read.type == MetricType::kSummary) != std::same_as<Plain, Summary>)) {
    mistake::the_metric_types_histogram_and_summary_are_of_ClassicHistogram_and_Summary_and_they_have_no_other();
  }
  return {tag};
}

/// A member whose own Schema's entries are entries of this record, too.
template <auto kMember>
consteval schema::NestedEntry<kMember> nested() {
  static_assert(
      requires { Schema<schema::MemberOf<kMember>>::fields; },
      "promfill: a nested struct needs a promfill::Schema of its own");
  return {};
}

/// The entries of a Schema, held against each other.
template <typename... Entries>
consteval schema::Fields<Entries...> fields(Entries... entries) {
  schema::Fields<Entries...> all{{entries...}};
  schema::refuse(schema::shape_of(all));
  return all;
}

/// A type that has a Schema.
template <typename T>
concept Record = requires { Schema<T>::fields; };

}  // namespace PROMFILL_ABI
}  // namespace promfill
