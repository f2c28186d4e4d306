// Blocks of lines to rows: verdicts and places of bad lines, what TYPE lines do, and a differential test of the fast
// way against one that reads every line anew (fixed seed).
#include "openmetrics/text_block.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

#include "openmetrics/float_text.h"

namespace promfill {
namespace {

class Numbers final : public SeriesNumbers {
 public:
  Result<std::uint32_t> number(std::vector<Label> labels) override {
    std::string text;
    for (const Label& label : labels) text += "[" + label.name + "=" + label.value + "]";
    ++asked;
    const auto next = static_cast<std::uint32_t>(texts.size());
    const auto [at, is_new] = known.try_emplace(text, next);
    if (is_new) texts.push_back(text);
    return at->second;
  }
  std::map<std::string, std::uint32_t> known;
  std::vector<std::string> texts;
  int asked = 0;
};

/// All rows as "[labels] time value; ", or what is wrong as "line:byte".
std::string read(std::string_view block, TextDialect dialect = TextDialect::kOpenMetrics,
                 FloatLabel label = FloatLabel::kNone) {
  Numbers numbers;
  BlockParser parser(dialect, kStorableMax, numbers);
  TextRows rows;
  const std::optional<BlockError> error = parser.parse(block, label, rows);
  if (error) return std::to_string(error->line) + ":" + std::to_string(error->error.at);
  std::string out;
  for (std::size_t run = 0; run < rows.runs.size(); ++run) {
    const std::size_t end = run + 1 < rows.runs.size() ? rows.runs[run + 1].begin : rows.times_ms.size();
    for (std::size_t row = rows.runs[run].begin; row < end; ++row) {
      out += numbers.texts[rows.runs[run].number] + " " + std::to_string(rows.times_ms[row]) + " " +
             std::to_string(std::bit_cast<std::uint64_t>(rows.values[row])) + "; ";
    }
  }
  return out + (rows.ended ? "end" : "");
}

std::string bits(double value) { return std::to_string(std::bit_cast<std::uint64_t>(value)); }

TEST(BlockParser, ReadsSamplesAndTheEnd) {
  EXPECT_EQ(read("a 1 1.001\na -2.5 2\n# EOF\n"),
            "[__name__=a] 1000 " + bits(1) + "; [__name__=a] 2000 " + bits(-2.5) + "; end");
  EXPECT_EQ(read("a 1e3 +1e1\r\n# EOF\r\n"), "[__name__=a] 10000 " + bits(1000) + "; end");
  EXPECT_EQ(read(""), "");
}

TEST(FloatLabelBehind, IsOfTheLastTypeLineWhateverStandsInIt) {
  constexpr TextDialect kOm = TextDialect::kOpenMetrics;
  constexpr TextDialect kProm = TextDialect::kPrometheus;
  EXPECT_EQ(float_label_behind("# TYPE \"a#b\" histogram\nc 1 1\n", kOm), FloatLabel::kLe);
  EXPECT_EQ(float_label_behind("# TYPE a summary\n# HELP a # TYPE a gauge\nc{d=\"# TYPE\"} 1 1 # {} 1\n", kOm),
            FloatLabel::kQuantile);
  EXPECT_EQ(float_label_behind("# TYPE a summary\r\n# TYPE b gauge\r\n", kOm), FloatLabel::kNone);
  EXPECT_EQ(float_label_behind("a 1 1\n", kOm), std::nullopt);
  EXPECT_EQ(float_label_behind("a 1\n \t# TYPE a histogram\n # a comment\n", kProm), FloatLabel::kLe);
  EXPECT_EQ(float_label_behind("# TYPE a#histogram\n", kProm), FloatLabel::kLe);
}

TEST(BlockParser, KeepsExemplarsOfTheRowsThatThereAre) {
  Numbers numbers;
  BlockParser parser(TextDialect::kOpenMetrics, Timestamp{1'000'000}, numbers);
  TextRows rows;
  EXPECT_FALSE(parser.parse("a 1 1\na 2 2 # {x=\"1\"} 0.5 1.5\na 3 3\na 4 4 # {} -1\n", FloatLabel::kNone, rows));
  ASSERT_EQ(rows.exemplars.size(), 2U);
  EXPECT_EQ(rows.exemplars[0].row, 1U);
  EXPECT_EQ(rows.exemplars[0].value, 0.5);
  EXPECT_EQ(rows.exemplars[0].time, Timestamp{1500});
  EXPECT_EQ(rows.exemplars[1].row, 3U);
  EXPECT_FALSE(rows.exemplars[1].time);
  // The second sample's time is what is wrong with it.
  EXPECT_TRUE(parser.parse("a 1 1 # {} 1\na 2 2000 # {} 2\n", FloatLabel::kNone, rows));
  ASSERT_EQ(rows.exemplars.size(), 1U);
  EXPECT_EQ(rows.exemplars[0].row, 0U);
}

TEST(BlockParser, ReadsOurOwnDumps) {
  EXPECT_EQ(read("series,timestamp_ms,value\na,1,1\na,2,2\r\nab,3,1\na,4,4\n", TextDialect::kCsvDump),
            "[__name__=a] 1 " + bits(1) + "; [__name__=a] 2 " + bits(2) + "; [__name__=ab] 3 " + bits(1) +
                "; [__name__=a] 4 " + bits(4) + "; ");
  const std::string line = R"({"labels":{"__name__":"a"},"t":)";
  EXPECT_EQ(read(line + "1,\"v\":1}\n" + line + "2,\"v\":\"+Inf\"}\n", TextDialect::kJsonDump),
            "[__name__=a] 1 " + bits(1) + "; [__name__=a] 2 " + bits(HUGE_VAL) + "; ");
  EXPECT_EQ(read("a,1,1\n\n", TextDialect::kCsvDump), "1:0");
  EXPECT_EQ(read("a,1,1\na,1,1 \n", TextDialect::kCsvDump), "1:4");
  EXPECT_EQ(read(line + "9223372036854775807,\"v\":1}\n", TextDialect::kJsonDump), "0:31");
  EXPECT_EQ(read("# EOF\n", TextDialect::kJsonDump), "0:0");
}

TEST(BlockParser, NormalizesUnderTheLatestType) {
  EXPECT_EQ(read("# TYPE x histogram\ny{le=\"1\"} 1 1\n# TYPE z gauge\ny{le=\"1\"} 1 1\n"),
            "[__name__=y][le=1.0] 1000 " + bits(1) + "; [__name__=y][le=1] 1000 " + bits(1) + "; ");
  EXPECT_EQ(read("y{quantile=\"1\",le=\"2\"} 1 1\n", TextDialect::kOpenMetrics, FloatLabel::kQuantile),
            "[__name__=y][quantile=1.0][le=2] 1000 " + bits(1) + "; ");
}

TEST(BlockParser, RefusesWhatPrometheusRefusesAndSaysWhere) {
  const struct {
    const char* text;
    const char* verdict;
  } cases[] = {{"a 1 1\n\n", "1:0"},
               {"a 1\n", "0:3"},
               {"a  1 1\n", "0:1"},
               {"a 1  1\n", "0:3"},
               {"a 1 1 \n", "0:5"},
               {"a x 1\n", "0:2"},
               {"a 1 nan\n", "0:4"},
               {"a 1 inf\n", "0:4"},
               {"a 1 1 2\n", "0:5"},
               {"a 1 1 # {} 1 1 1\n", "0:14"},
               {"a 1 1 # {a=\"b\"}\n", "0:15"},
               {"a 1 1 # {a=\"b\"} x\n", "0:16"},
               {"a 1 # {} 1 1\n", "0:3"},
               {"# a comment\n", "0:0"},
               {"#\n", "0:0"},
               {"# EOF\na 1 1\n", "0:0"},
               {"# EOFa\n", "0:5"},
               {"# TYPE a\n", "0:8"},
               {"# TYPE a counters\n", "0:9"},
               {"# TYPE a untyped\n", "0:9"},
               {"# TYPE  a counter\n", "0:7"},
               {"# UNIT a_seconds meters\n", "0:17"},
               {"# HELP a \xff\n", "0:9"},
               {"a 1 1e30\n", "0:4"}};
  for (const auto& each : cases) EXPECT_EQ(read(each.text), each.verdict) << each.text;
  for (const char* text :
       {"# TYPE a counter\n", "# HELP a \n", "# HELP \"a b\" x\n", "# UNIT a_s s\n", "# UNIT a \n"}) {
    EXPECT_EQ(read(text), "") << text;
  }
  EXPECT_EQ(read("a 1 1 # {a=\"b\",\"c d\"=\"e\",} 1 1\n"), "[__name__=a] 1000 " + bits(1) + "; ");
}

TEST(BlockParser, ReadsTheOlderFormatAndDumps) {
  EXPECT_EQ(read("# anything\n\n \t\n  a {x=\"1\"}  2\t1000  \na 3 4\n", TextDialect::kPrometheus),
            "[__name__=a][x=1] 1000 " + bits(2) + "; [__name__=a] 4 " + bits(3) + "; ");
  EXPECT_EQ(read("a 1 1.5\n", TextDialect::kPrometheus), "0:4");
  EXPECT_EQ(read("a 1 -1\n", TextDialect::kPrometheus), "0:4");
  EXPECT_EQ(read("a 1\n", TextDialect::kPrometheus), "0:3");
  EXPECT_EQ(read("{__name__=\"a\", b=\"c\"} 1 -1\n", TextDialect::kPromtoolDump),
            "[__name__=a][b=c] -1 " + bits(1) + "; ");
  EXPECT_EQ(read("{__name__=\"a\"} {count:1} 1\n", TextDialect::kPromtoolDump), "0:15");
}

TEST(BlockParser, StopsATimeInAnotherUnit) {
  Numbers numbers;
  BlockParser parser(TextDialect::kOpenMetrics, Timestamp{2'000'000'000'000}, numbers);
  TextRows rows;
  EXPECT_FALSE(parser.parse("a 1 2000000000\n", FloatLabel::kNone, rows));
  const auto error = parser.parse("a 1 2000000000.001\n", FloatLabel::kNone, rows);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->error.at, 4U);
}

TEST(BlockParser, AsksOnceForEachText) {
  Numbers numbers;
  BlockParser parser(TextDialect::kOpenMetrics, kStorableMax, numbers);
  TextRows rows;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(parser.parse("a 1 1\na 1 2\nb 1 1\nab 1 1\na 1 3\n", FloatLabel::kNone, rows));
    EXPECT_EQ(rows.runs.size(), 4U);
  }
  EXPECT_EQ(numbers.asked, 3);
}

/// A line that may be well-formed, or nearly so.
std::string random_line(std::mt19937_64& random) {
  static const char* const kSeries[] = {"a",
                                        "ab",
                                        "a{}",
                                        "a{le=\"1\"}",
                                        "a{le=\"1e6\",x=\"}\"}",
                                        "b{quantile=\"0\"}",
                                        "{\"a\"}",
                                        "a{x=\"\\\\\"}",
                                        "{\"x y\",le=\"2\"}"};
  static const char* const kNumbers[] = {"1",  "-0", "1e3", "NaN", "0.1", "12345678901234567890", "9007199254740993",
                                         "5.", "+1"};
  static const char* const kOther[] = {"# TYPE a histogram", "# TYPE b summary", "# TYPE c gauge", "# HELP a x"};
  std::string line = random() % 8 == 0 ? kOther[random() % 4]
                                       : std::string(kSeries[random() % 9]) + " " + kNumbers[random() % 9] + " " +
                                             std::to_string(random() % 100000) + "." + std::to_string(random() % 1000);
  if (random() % 400 == 0) line[random() % line.size()] = static_cast<char>(random() % 256);
  if (random() % 800 == 0) line += "\r";
  return line + "\n";
}

TEST(BlockParser, KnowsASeriesAgainAsIfItReadItAnew) {
  std::mt19937_64 random(11);
  int bad = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string block;
    std::string line_by_line;
    FloatLabel label = FloatLabel::kNone;
    const int lines = 1 + static_cast<int>(random() % 40);
    bool ok = true;
    for (int l = 0; l < lines; ++l) {
      const std::string line = random_line(random);
      block += line;
      if (!ok || line.find('\n') + 1 != line.size()) {
        ok = false;
        continue;
      }
      const std::string one = read(line, TextDialect::kOpenMetrics, label);
      ok = one.find(':') == std::string::npos || one.starts_with('[');
      if (ok) line_by_line += one;
      label = float_label_behind(line, TextDialect::kOpenMetrics).value_or(label);
    }
    const std::string whole = read(block);
    if (ok) {
      EXPECT_EQ(whole, line_by_line) << block;
      EXPECT_EQ(float_label_behind(block, TextDialect::kOpenMetrics).value_or(FloatLabel::kNone), label) << block;
    }
    bad += ok ? 0 : 1;
  }
  EXPECT_LT(bad, 1500);
  EXPECT_GT(bad, 50);
}

}  // namespace
}  // namespace promfill
