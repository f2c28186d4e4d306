#include "survey/warnings.h"

#include <array>
#include <string>
#include <utility>

namespace promfill {
namespace {

constexpr std::uint64_t kRowsToJudge = 1000;  // below, nothing is told from shares
constexpr std::int64_t kMinuteMs = 60'000;

std::string percent(std::uint64_t part, std::uint64_t whole) {
  const std::uint64_t share = whole == 0 ? 0 : part * 100 / whole;
  return part > 0 && share == 0 ? "less than 1 %" : std::to_string(share) + " %";
}

void about_rejects(const Survey& survey, std::vector<SurveyWarning>& out) {
  for (const auto& [reason, cells] : survey.judged.rejected_by_reason) {
    out.push_back({"rejects", percent(cells, survey.judged.cells) + " of the values (" + std::to_string(cells) +
                                  ") will be rejected as " + reason + "; the rejects file will have them"});
  }
  const std::uint64_t outside = survey.judged.out_of_window;
  if (outside > 0) {
    out.push_back({"out_of_window", percent(outside, survey.judged.cells) +
                                        " of the values are outside of --min-time and --max-time, and left out"});
  }
}

void about_labels(const Survey& survey, std::vector<SurveyWarning>& out) {
  const std::uint64_t rows = survey.judged.rows_read;
  for (const LabelSurvey& label : survey.labels) {
    if (rows < kRowsToJudge || label.values < rows / 2) continue;
    out.push_back({"label_like_row_number", "label '" + label.name + "' has a value of its own in " +
                                                percent(label.values, rows) +
                                                " of the rows: each makes a series of its own. Name the labels that "
                                                "you want with --label"});
  }
  constexpr std::uint64_t kManySeries = 10'000'000;
  if (survey.series > kManySeries) {
    out.push_back(
        {"many_series", "more than ten million series: a Prometheus that queries them all needs tens of GiB"});
  }
}

void about_metrics(const Survey& survey, std::vector<SurveyWarning>& out) {
  constexpr std::uint64_t kFallsPerHundred = 5;  // more often than processes start anew
  for (const MetricSurvey& metric : survey.metrics) {
    const bool is_counter = metric.type == "counter";
    if (is_counter && metric.steps >= 20 && metric.falls * 100 > metric.steps * kFallsPerHundred) {
      out.push_back({"counter_falls", "counter '" + metric.name + "' falls in " + percent(metric.falls, metric.steps) +
                                          " of its steps: rate() takes each for a restart. Is it a gauge?"});
    }
    if (!is_counter && metric.name.ends_with("_total") && metric.falls == 0 && metric.steps > 0) {
      out.push_back({"gauge_like_counter", "'" + metric.name +
                                               "' never falls and is named like a counter: say so with "
                                               "--metric " +
                                               metric.name + ":counter"});
    }
    if (is_counter && !metric.name.empty() && !metric.name.ends_with("_total")) {
      out.push_back({"counter_without_total", "counter '" + metric.name +
                                                  "' is not named as one: dashboards and OpenMetrics expect " +
                                                  metric.name + "_total. --counter-total adds it"});
    }
    if (metric.type == "info" && metric.values > 0 && (metric.min != 1 || metric.max != 1)) {
      out.push_back({"info_not_one", "info metric '" + metric.name + "' has values other than 1"});
    }
    if (metric.type == "stateset" && metric.values > 0 && (metric.min < 0 || metric.max > 1)) {
      out.push_back({"stateset_not_0_or_1", "stateset '" + metric.name + "' has values other than 0 and 1"});
    }
    if (metric.values == 0 && metric.nulls >= kRowsToJudge) {
      out.push_back({"no_values", "metric '" + metric.name + "' has no value in the rows looked at"});
    }
  }
}

void about_times(const Survey& survey, const BackfillOptions& options, std::int64_t interval_ms, Timestamp now,
                 std::vector<SurveyWarning>& out) {
  if (interval_ms > 5 * kMinuteMs) {
    out.push_back({"wide_interval", "samples of a series are " + to_string(Duration{interval_ms}) +
                                        " apart, and queries look back five minutes: graphs will have gaps. Use "
                                        "last_over_time(), or a larger --query.lookback-delta"});
  }
  if (survey.times.empty()) return;
  if (options.retention && survey.times.min.ms < now.ms - options.retention->ms) {
    out.push_back({"beyond_retention", "the first samples are older than the target's retention of " +
                                           to_string(*options.retention) + ": it deletes their blocks"});
  }
  constexpr std::int64_t kThreeHoursMs = 180 * kMinuteMs;
  if (options.target == Target::kPrometheus && survey.times.max.ms > now.ms - kThreeHoursMs) {
    out.push_back({"in_the_head",
                   "the last samples are less than three hours old: a running Prometheus has these times "
                   "in its head. End with --max-time, or expect overlapping blocks"});
  }
  constexpr std::uint64_t kManyBlocks = 5000;
  if (survey.blocks > kManyBlocks) {
    out.push_back({"many_blocks", "about " + std::to_string(survey.blocks) +
                                      " blocks: a query opens those of its time, but starting takes long. Leave "
                                      "--block-duration at auto"});
  }
}

}  // namespace

std::vector<SurveyWarning> warnings_of(const Survey& survey, const BackfillOptions& options, std::int64_t interval_ms,
                                       Timestamp now) {
  std::vector<SurveyWarning> warnings;
  about_rejects(survey, warnings);
  about_labels(survey, warnings);
  about_metrics(survey, warnings);
  about_times(survey, options, interval_ms, now, warnings);
  return warnings;
}

}  // namespace promfill
