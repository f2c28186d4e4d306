// Goal: an operator is told what matters before an import, and nothing else.
#include "survey/warnings.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace promfill {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr Timestamp kNow{1'700'000'000'000};

/// Of an import that there is nothing to say about: a day of two months ago.
Survey plain_survey() {
  Survey survey;
  survey.judged.rows_read = 10'000;
  survey.judged.cells = 10'000;
  survey.times = {{kNow.ms - 60 * kDayMs}, {kNow.ms - 59 * kDayMs}};
  survey.labels.push_back({"host", 12, true, {"a"}});
  survey.metrics.push_back({"load", "gauge", 10'000, 0, 0, 1, 9'000, 4'000});
  survey.series = 12;
  survey.blocks = 2;
  return survey;
}

std::vector<std::string> codes_of(const Survey& survey, const BackfillOptions& options = {},
                                  std::int64_t interval_ms = 15'000) {
  std::vector<std::string> codes;
  for (const SurveyWarning& warning : warnings_of(survey, options, interval_ms, kNow)) {
    EXPECT_FALSE(warning.text.empty());
    codes.push_back(warning.code);
  }
  return codes;
}

using Codes = std::vector<std::string>;

TEST(Warnings, AreNoneWhereAllIsWell) { EXPECT_EQ(codes_of(plain_survey()), Codes()); }

TEST(Warnings, TellOfRejectsAndOfWhatIsLeftOut) {
  Survey survey = plain_survey();
  survey.judged.rejected_by_reason["invalid_number"] = 3;
  survey.judged.out_of_window = 5000;
  EXPECT_EQ(codes_of(survey), (Codes{"rejects", "out_of_window"}));
  const auto warnings = warnings_of(survey, {}, 15'000, kNow);
  EXPECT_NE(warnings[0].text.find("less than 1 % of the values (3)"), std::string::npos) << warnings[0].text;
  EXPECT_NE(warnings[1].text.find("50 %"), std::string::npos) << warnings[1].text;
}

TEST(Warnings, TellOfALabelThatNumbersRows) {
  Survey survey = plain_survey();
  survey.labels.push_back({"request_id", 9'990, true, {}});
  EXPECT_EQ(codes_of(survey), Codes{"label_like_row_number"});
  survey.labels.back().values = 4'999;
  EXPECT_EQ(codes_of(survey), Codes());
  survey.labels.back().values = 900;
  survey.judged.rows_read = 999;
  EXPECT_EQ(codes_of(survey), Codes()) << "too few rows to tell";
}

TEST(Warnings, TellOfCountersThatFallAndGaugesThatDoNot) {
  Survey survey = plain_survey();
  survey.metrics = {{"requests_total", "counter", 1000, 0, 0, 9, 1000, 51}};
  EXPECT_EQ(codes_of(survey), Codes{"counter_falls"});
  survey.metrics[0].falls = 50;
  EXPECT_EQ(codes_of(survey), Codes()) << "processes do start anew";
  survey.metrics[0].type = "gauge";
  survey.metrics[0].falls = 0;
  EXPECT_EQ(codes_of(survey), Codes{"gauge_like_counter"});
  survey.metrics[0].name = "requests";
  EXPECT_EQ(codes_of(survey), Codes());
  survey.metrics[0] = {"load", "gauge", 0, 1000, 0, 0, 0, 0};
  EXPECT_EQ(codes_of(survey), Codes{"no_values"});
}

TEST(Warnings, TellOfTimesThatTheTargetWontShow) {
  Survey survey = plain_survey();
  BackfillOptions options;
  options.retention = Duration{30 * kDayMs};
  EXPECT_EQ(codes_of(survey, options), Codes{"beyond_retention"});
  options.retention = Duration{61 * kDayMs};
  EXPECT_EQ(codes_of(survey, options), Codes());
  survey.times.max = {kNow.ms - kDayMs / 24};
  EXPECT_EQ(codes_of(survey), Codes{"in_the_head"});
  options.target = Target::kThanos;
  EXPECT_EQ(codes_of(survey, options), Codes()) << "no head there";
}

TEST(Warnings, TellOfGapsThatQueriesDoNotBridge) {
  EXPECT_EQ(codes_of(plain_survey(), {}, 300'000), Codes());
  EXPECT_EQ(codes_of(plain_survey(), {}, 300'001), Codes{"wide_interval"});
}

TEST(Warnings, TellOfTooMuchOfAnything) {
  Survey survey = plain_survey();
  survey.series = 10'000'001;
  survey.blocks = 5001;
  EXPECT_EQ(codes_of(survey), (Codes{"many_series", "many_blocks"}));
}

}  // namespace
}  // namespace promfill
