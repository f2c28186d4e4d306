#include "survey/survey.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "backfill/planning.h"
#include "distribution/native_parts.h"
#include "mapping/row_mapper.h"
#include "survey/row_survey.h"
#include "survey/warnings.h"

namespace promfill {
namespace {

constexpr std::int64_t kBatchRows = 1 << 14;
/// Where not all rows are looked at: so many places of the input, evenly spaced.
constexpr std::size_t kPlaces = 16;

using Sources = std::span<const std::unique_ptr<Source>>;

struct Place {
  std::size_t source = 0;
  std::size_t piece = 0;
};

std::vector<Place> all_pieces(Sources sources) {
  std::vector<Place> pieces;
  for (std::size_t s = 0; s < sources.size(); ++s) {
    for (std::size_t p = 0; p < sources[s]->pieces().size(); ++p) pieces.push_back({s, p});
  }
  return pieces;
}

/// Of `places`, `count` that are evenly spaced, the first among them.
std::vector<Place> some_of(const std::vector<Place>& places, std::size_t count) {
  std::vector<Place> some;
  for (std::size_t i = 0; i < count; ++i) some.push_back(places[i * places.size() / count]);
  return some;
}

/// What was read of the rows.
struct Reading {
  std::uint64_t rows = 0;
  bool all = true;
  double seconds = 0;  // of decoding and mapping, without this survey
};

class Reader {
 public:
  Reader(Sources sources, const JobPlan& job, RowSurvey& survey, Ledger& judged)
      : sources_(sources), survey_(&survey), judged_(&judged) {
    for (const Plan& plan : job.plans) {
      plans_.push_back(&plan);
      mappers_.emplace_back(plan);
    }
  }

  Result<Reading> read(std::uint64_t rows_max) {
    const std::vector<Place> pieces = all_pieces(sources_);
    std::uint64_t known = 0;
    bool are_known = true;
    for (const Place& place : pieces) {
      const std::int64_t rows = sources_[place.source]->pieces()[place.piece].rows;
      known += static_cast<std::uint64_t>(rows);
      are_known = are_known && rows > 0;
    }
    const bool few = pieces.empty() || (are_known && known <= rows_max);
    const std::size_t count = few ? pieces.size() : std::min(pieces.size(), kPlaces);
    reading_.all = count == pieces.size();
    const std::vector<Place> places = few ? pieces : some_of(pieces, count);
    for (std::size_t i = 0; i < places.size(); ++i) {
      const std::uint64_t left = rows_max - std::min(rows_max, reading_.rows);
      PROMFILL_TRY_STATUS(read_piece(places[i], std::max<std::uint64_t>(1, left / (places.size() - i))));
    }
    return reading_;
  }

 private:
  Status read_piece(const Place& place, std::uint64_t rows_max) {
    auto then = std::chrono::steady_clock::now();
    const auto lap = [&] {
      const auto now = std::chrono::steady_clock::now();
      return std::chrono::duration<double>(now - std::exchange(then, now)).count();
    };
    PROMFILL_TRY(const auto reader,
                 sources_[place.source]->read(place.piece, plans_[place.source]->columns(), kBatchRows));
    std::uint64_t rows = 0;
    while (true) {
      PROMFILL_TRY(std::optional<ColumnBatch> batch, reader->next());
      if (!batch) break;
      if (rows >= rows_max) {
        reading_.all = false;
        break;
      }
      PROMFILL_TRY(SampleBatch samples, mappers_[place.source].map(*std::move(batch), std::move(used_)));
      reading_.seconds += lap();
      rows += samples.judged.rows_read;
      *judged_ += samples.judged;
      survey_->look_at(samples);
      used_ = std::move(samples);
      lap();
    }
    reading_.rows += rows;
    return {};
  }

  Sources sources_;
  std::vector<const Plan*> plans_;
  std::vector<RowMapper> mappers_;
  SampleBatch used_;
  Reading reading_;
  RowSurvey* survey_;
  Ledger* judged_;
};

/// One that the mapping names, or a member of the metric's own column.
bool is_part(const MetricMapping& metric, const std::string& column) {
  bool is = !metric.column.empty() && column.starts_with(metric.column + ".");
  is |= metric.start == column || metric.stale == column;
  for_each_part(metric.native, [&](std::string_view, const char*, const std::string& text) { is |= text == column; });
  return is;
}

std::string use_of(const std::string& column, const Mapping& mapping) {
  if (column == mapping.timestamp.column) return "time";
  for (const LabelMapping& label : *mapping.labels) {
    if (label.column == column) return "label " + label.name;
  }
  for (const MetricMapping& metric : *mapping.metrics) {
    const bool of_bound = std::any_of(metric.bounds.begin(), metric.bounds.end(),
                                      [&](const BoundMapping& bound) { return bound.column == column; });
    if (metric.type == MetricType::kNativeHistogram && is_part(metric, column)) {
      return "native_histogram " + metric.name;
    }
    if (metric.column == column || metric.sum == column || metric.count == column || metric.bound_column == column ||
        of_bound) {
      return std::string(to_string(metric.type)) + " " + metric.name;
    }
  }
  return "";
}

void describe_input(Sources sources, Survey& survey) {
  bool rows_known = true;
  for (const std::unique_ptr<Source>& source : sources) {
    SourceSurvey& described = survey.sources.emplace_back();
    described.name = source->name();
    described.pieces = source->pieces().size();
    described.rows = source->estimated_rows();
    for (const PieceInfo& piece : source->pieces()) described.bytes += piece.bytes;
    survey.rows += described.rows;
    rows_known = rows_known && (described.rows > 0 || described.pieces == 0);
  }
  if (!rows_known) survey.rows = 0;
  for (const ColumnField& field : sources.front()->schema()) {
    survey.columns.push_back({field.name, field.type.source_type, use_of(field.name, survey.mapping.mapping)});
  }
}

void describe_rows(const RowSurvey& rows, const JobPlan& job, Survey& survey) {
  for (const RowSurvey::Label& label : rows.labels()) {
    survey.labels.push_back({label.name, label.values.count(), label.values.is_exact(), label.examples});
  }
  std::ranges::sort(survey.labels, {}, &LabelSurvey::name);
  for (std::size_t m = 0; m < job.metrics.size(); ++m) {
    const RowSurvey::Metric& seen = rows.metrics()[m];
    const Labels& labels = job.metrics[m].labels;
    const auto name = std::ranges::find(labels, "__name__", &Label::name);
    survey.metrics.push_back({name == labels.end() ? std::string() : std::string(name->value),
                              std::string(to_string(job.metrics[m].type)), seen.values, seen.nulls, seen.min, seen.max,
                              seen.steps, seen.falls});
  }
  survey.examples = rows.examples();
  survey.series = rows.series().count();
  survey.series_exact = rows.series().is_exact();
  survey.bytes_per_sample = rows.bytes_per_sample();
}

/// Windows that have samples, if times are as dense as they are where they were looked at.
std::uint64_t windows_of(const TimeSpan& times, Duration duration) {
  if (times.empty()) return 0;
  const auto window = [&](Timestamp time) {
    return static_cast<std::int64_t>(std::floor(static_cast<double>(time.ms) / static_cast<double>(duration.ms)));
  };
  return static_cast<std::uint64_t>(window(times.max) - window(times.min) + 1);
}

void estimate(const RowSurvey& rows, const Reading& reading, Survey& survey) {
  survey.all_rows = reading.all;
  if (reading.all) survey.rows = reading.rows;
  if (reading.rows == 0 || survey.rows == 0) return;
  std::uint64_t values = 0;
  for (const MetricSurvey& metric : survey.metrics) values += metric.values;
  const double share = static_cast<double>(survey.rows) / static_cast<double>(reading.rows);
  survey.samples = static_cast<std::uint64_t>(static_cast<double>(values) * share);
  survey.blocks = windows_of(survey.times, survey.block_duration);
  // Of an index, a series takes its labels' references and chunks, twice 8 bytes of postings, and its symbols once.
  constexpr double kSeriesBytes = 48;
  constexpr double kBlockBytes = 1000;
  const auto blocks = static_cast<double>(survey.blocks);
  const auto series = static_cast<double>(survey.series);
  survey.bytes = static_cast<std::uint64_t>(static_cast<double>(survey.samples) * survey.bytes_per_sample +
                                            blocks * (kBlockBytes + series * (kSeriesBytes + rows.label_bytes() / 4)));
  // Reading was measured; encoding and writing take about 20 ns a sample of one core (docs/performance.md).
  constexpr double kWritingSeconds = 20e-9;
  const double cores = std::max<std::uint32_t>(1, survey.tuning.threads);
  survey.seconds = (reading.seconds * share + static_cast<double>(survey.samples) * kWritingSeconds) / cores;
}

/// Of all rows, where statistics know; else of those that were read.
void find_times(const JobPlan& job, const RowSurvey& rows, const Reading& reading, Survey& survey) {
  survey.times = rows.times();
  survey.times_complete = reading.all;
  TimeSpan known;
  for (const auto& pieces : job.piece_times) {
    for (const std::optional<TimeSpan>& piece : pieces) {
      if (!piece) return;
      known = known.united(*piece);
    }
  }
  survey.times_complete = true;
  if (!reading.all) survey.times = known;
}

}  // namespace

Result<Survey> survey_sources(Sources sources, const Mapping& mapping, const BackfillOptions& options,
                              const SurveyEnvironment& environment) {
  Survey survey;
  PROMFILL_TRY(const JobPlan job, plan_job(sources, mapping, options, environment.now));
  survey.mapping = job.mapping;
  survey.decisions = job.decisions;
  PROMFILL_TRY(survey.tuning, tune(options, environment.machine, job.work));
  describe_input(sources, survey);

  RowSurvey rows(job.metrics, environment.examples);
  PROMFILL_TRY(const Reading reading, Reader(sources, job, rows, survey.judged).read(environment.rows_max));
  describe_rows(rows, job, survey);
  find_times(job, rows, reading, survey);
  survey.block_duration = job.block_duration;
  if (!options.block_duration && reading.all) {
    survey.block_duration = choose_block_duration(options, survey.times).duration;
  }
  estimate(rows, reading, survey);
  survey.warnings = warnings_of(survey, options, rows.interval_ms(), environment.now);
  return survey;
}

}  // namespace promfill
