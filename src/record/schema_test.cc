// Schemas: what a tag says, what the compiler is told of it, and what of a record's members reaches the job.
#include "promfill/schema.h"

#include <gtest/gtest.h>

#include <array>
#include <map>

#include "promfill/record_type.h"
#include "record/record_entities.h"

namespace promfill {
namespace {

enum class Mode : std::uint8_t { kOff, kOn };
enum class Zone : int { kEast = 7 };

struct Disk {
  double used = 0;
  std::string device;
};

struct Everything {
  std::optional<std::chrono::sys_time<std::chrono::microseconds>> Timestamp;
  std::string host;
  char rack[4] = {};
  const char* site = nullptr;
  std::optional<std::string> tenant;
  Zone zone = Zone::kEast;
  bool up = false;
  float load = 0;
  std::uint64_t bytes = 0;
  std::optional<int> errors;
  Mode mode = Mode::kOff;
  double ignored = 0;
  Disk disk;
};

struct Span {
  std::chrono::duration<std::int64_t, std::ratio<1, 50>> since{};  // frames: the next finer unit holds them
  std::chrono::duration<double> took{};
  std::optional<std::chrono::minutes> waited;
  std::chrono::milliseconds lag{};
};

}  // namespace

template <>
inline constexpr bool enum_as_number<Mode> = true;
template <>
inline constexpr bool enum_as_number<Zone> = true;

template <>
struct Schema<Disk> {
  static constexpr auto fields =
      promfill::fields(field<&Disk::used>("metric_type:gauge,metric_name:disk_used"), label<&Disk::device>());
};

template <>
struct Schema<Span> {
  static constexpr auto fields =
      promfill::fields(timestamp<&Span::since>(), field<&Span::took>("metric_type:gauge"),
                       field<&Span::waited>("metric_type:gauge"), field<&Span::lag>("metric_type:gauge"));
};

template <>
struct Schema<Everything> {
  static constexpr auto fields = promfill::fields(
      label<&Everything::host>("instance"), label<&Everything::rack>(), label<&Everything::site>(),
      label<&Everything::tenant>(), label<&Everything::zone>(), field<&Everything::up>("metric_type:gauge"),
      field<&Everything::load>("metric_type:gauge, a:b\\,c\\\\,d:e:f"),
      field<&Everything::bytes>("metric_type:counter,metric_name:bytes_total"),
      field<&Everything::errors>("metric_type:counter"), field<&Everything::mode>("metric_type:untyped"),
      field<&Everything::ignored>("-"), nested<&Everything::disk>());
};

namespace {

TEST(Tag, KeysAreMetricTypeMetricNameAndLabels) {
  const Tag tag = parse_tag("metric_type:counter,metric_name:a:b,unit:W, myLabel:my value");
  EXPECT_EQ(tag.mistake, TagMistake::kNone);
  EXPECT_EQ(tag.type, MetricType::kCounter);
  EXPECT_EQ(tag.metric_name, "a:b");
  ASSERT_EQ(tag.labels.size(), 2U);
  EXPECT_EQ(tag.labels[0].name, "myLabel");
  EXPECT_EQ(tag.labels[0].value.text(), "my value");
}

TEST(Tag, BackslashTakesTheNextCharacterAsItIs) {
  const Tag tag = parse_tag("metric_type:gauge,a:x\\,y\\\\z\\:");
  ASSERT_EQ(tag.labels.size(), 1U);
  EXPECT_EQ(tag.labels[0].value.text(), "x,y\\z:");
  EXPECT_TRUE(tag.labels[0].value == TagValue{"x\\,\\y\\\\\\z:"});
  EXPECT_FALSE(tag.labels[0].value == TagValue{"x\\,y\\\\z"});
}

TEST(Tag, EveryMistakeHasItsName) {
  struct Case {
    const char* tag;
    TagMistake mistake;
  };
  constexpr std::array kCases{
      Case{"", TagMistake::kNoMetricType},
      Case{"unit:W", TagMistake::kNoMetricType},
      Case{"metric_type", TagMistake::kKeyWithoutColon},
      Case{"metric_type:gauge,unit", TagMistake::kKeyWithoutColon},
      Case{"metric_type:gauge,a,b:c", TagMistake::kKeyWithoutColon},
      Case{"metric_type:gauge,1st:c", TagMistake::kInvalidKey},
      Case{"metric_type:gauge,:c", TagMistake::kInvalidKey},
      Case{"metric_type:gauge,a:1,a:2", TagMistake::kKeyTwice},
      Case{"metric_type:gauge,metric_type:gauge", TagMistake::kKeyTwice},
      Case{"metric_type:gauge,a:", TagMistake::kEmptyValue},
      Case{"metric_type:gauge,a:\\", TagMistake::kTrailingBackslash},
      Case{"metric_type:gaug", TagMistake::kUnknownMetricType},
      Case{"metric_type:histogram", TagMistake::kNoBounds},
      Case{"metric_type:summary,bounds:0.5", TagMistake::kNoBounds},
      Case{"metric_type:histogram,bounds:0.5,cumulative:no", TagMistake::kCumulativeIsNoWord},
      Case{"bounds:0.5 1,metric_type:histogram,cumulative:false", TagMistake::kNone},
      Case{"metric_type:summary,quantiles:0.5 0.9", TagMistake::kNone},
      Case{"metric_type:gauge,metric_name:1st", TagMistake::kInvalidMetricName},
      Case{"metric_type:gauge,__name__:x", TagMistake::kNameAsLabel},
      Case{"metric_type:gauge,", TagMistake::kNone},  // as the Go library
      Case{"-", TagMistake::kNone},
      Case{"metric_type:-", TagMistake::kNone},
  };
  for (const Case& one : kCases) EXPECT_EQ(parse_tag(one.tag).mistake, one.mistake) << one.tag;
}

TEST(Schema, NamesComeFromMembers) {
  EXPECT_EQ(schema::member_name<&Everything::load>(), "load");
  const RecordType type = record_type<Everything>();
  EXPECT_TRUE(type.name.ends_with("Everything")) << type.name;
  std::vector<std::string> names;
  for (const RecordType::Metric& metric : type.metrics) names.push_back(metric.name);
  EXPECT_EQ(names, (std::vector<std::string>{"up", "load", "bytes_total", "errors", "mode", "disk_used"}));
  EXPECT_EQ(type.metrics[1].labels, (std::vector<Label>{{"a", "b,c\\"}, {"d", "e:f"}}));
  EXPECT_EQ(type.metrics[2].type, MetricType::kCounter);
}

TEST(Schema, TimestampIsFoundByItsName) {
  const RecordType type = record_type<Everything>();
  EXPECT_EQ(type.time.member, "Timestamp");
  EXPECT_EQ(type.time.unit, TimeUnit::kMicroseconds);
  EXPECT_TRUE(type.time.unit_is_of_type);
  std::array<Everything, 2> rows;
  rows[1].Timestamp = std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(-5));
  std::array<std::int64_t, 2> times{};
  std::uint8_t validity = 0;
  const RecordType::Time::Counts counts =
      type.time.read({.rows = rows.data(), .begin = 0, .end = 2}, times.data(), &validity);
  EXPECT_EQ(counts.nulls, 1U);
  EXPECT_FALSE(counts.are_doubles);
  EXPECT_EQ(times[1], -5);
  EXPECT_EQ(validity, 2U);
}

TEST(Schema, ValuesOfEveryKindBecomeDoubles) {
  const RecordType type = record_type<Everything>();
  std::array<Everything, 2> rows;
  rows[0].up = true;
  rows[0].load = 0.5F;
  rows[0].bytes = (std::uint64_t{1} << 63) + 1;
  rows[0].errors = -3;
  rows[0].mode = Mode::kOn;
  rows[0].disk.used = 1e300;
  const std::array<double, 6> expected{1, 0.5, 9223372036854775808.0, -3, 1, 1e300};
  const std::array<std::uint32_t, 2> order{1, 0};
  for (std::size_t m = 0; m < type.metrics.size(); ++m) {
    std::array<double, 2> values{};
    std::uint8_t validity = 0;
    const ColumnCounts counts = type.metrics[m].read({.rows = rows.data(), .order = order.data(), .begin = 0, .end = 2},
                                                     values.data(), &validity);
    EXPECT_EQ(values[1], expected[m]) << type.metrics[m].name;
    EXPECT_EQ(counts.nulls, type.metrics[m].name == "errors" ? 1U : 0U);
    EXPECT_EQ(counts.rounded, type.metrics[m].name == "bytes_total" ? 1U : 0U);
  }
}

TEST(Schema, DurationsAreTimesSince1970AndSecondsAsValues) {
  const RecordType type = record_type<Span>();
  EXPECT_EQ(type.time.unit, TimeUnit::kMilliseconds);
  EXPECT_TRUE(type.time.unit_is_of_type);
  std::array<Span, 2> rows;
  rows[1] = {decltype(Span::since)(75'000'000'001), std::chrono::duration<double>(0.25), std::chrono::minutes(-3),
             std::chrono::milliseconds(1'500)};
  const RowRange both{.rows = rows.data(), .begin = 0, .end = 2};
  std::array<std::int64_t, 2> times{};
  std::uint8_t validity = 0;
  EXPECT_EQ(type.time.read(both, times.data(), &validity).nulls, 0U);
  EXPECT_EQ(times[1], 1'500'000'000'020);
  constexpr std::array kExpected{0.25, -180.0, 1.5};
  for (std::size_t m = 0; m < kExpected.size(); ++m) {
    std::array<double, 2> values{};
    const ColumnCounts counts = type.metrics[m].read(both, values.data(), &validity);
    EXPECT_EQ(values[1], kExpected[m]) << type.metrics[m].name;
    EXPECT_EQ(counts.nulls, type.metrics[m].name == "waited" ? 1U : 0U);
  }
}

TEST(Schema, LabelsOfEveryKindBecomeTexts) {
  const RecordType type = record_type<Everything>();
  std::array<Everything, 3> rows;
  rows[0].host = "h";
  rows[0].rack[0] = 'r';
  rows[0].disk.device = "sda";
  rows[1] = rows[0];
  rows[2] = rows[0];
  rows[2].tenant = "t";
  rows[2].site = "s";
  LabelSink sink;
  type.add_labels(rows.data(), 2, sink);
  std::map<std::string, std::string> labels;
  for (const SunkLabel& label : sunk_labels(sink.bytes())) labels.emplace(label.name, label.value);
  EXPECT_EQ(labels,
            (std::map<std::string, std::string>{
                {"instance", "h"}, {"rack", "r"}, {"site", "s"}, {"tenant", "t"}, {"zone", "7"}, {"device", "sda"}}));
  ASSERT_TRUE(type.mark_changes);
  std::array<std::uint8_t, 3> changed{};
  type.mark_changes(rows.data(), 0, 3, changed.data());
  EXPECT_EQ(changed, (std::array<std::uint8_t, 3>{0, 0, 1}));
}

TEST(LabelSink, NumbersAreInTheirShortestForm) {
  LabelSink sink;
  sink.add("a", 0.1);
  sink.add("b", -5);
  sink.add("c", std::uint64_t{18446744073709551615ULL});
  sink.add("d", true);
  sink.add("e", 1e-7);
  sink.add("f", std::numeric_limits<std::int64_t>::min());
  std::vector<std::string> values;
  for (const SunkLabel& label : sunk_labels(sink.bytes())) values.emplace_back(label.value);
  EXPECT_EQ(values,
            (std::vector<std::string>{"0.1", "-5", "18446744073709551615", "true", "1e-07", "-9223372036854775808"}));
}

}  // namespace
}  // namespace promfill
