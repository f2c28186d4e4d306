// What rows say about series: how many there are of everything, how metrics move, how well samples will pack.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "chunk/chunk_meta.h"
#include "model/block_duration.h"
#include "promfill/sample.h"
#include "store/sample_batch.h"
#include "survey/distinct_counter.h"

namespace promfill {

class RowSurvey {
 public:
  struct Label {
    std::string name;
    DistinctCounter values;
    std::vector<std::string> examples;
  };
  struct Metric {
    std::uint64_t values = 0;
    std::uint64_t nulls = 0;
    double min = 0;
    double max = 0;
    std::uint64_t steps = 0;
    std::uint64_t falls = 0;
  };

  /// @param metrics  of the job; the batches' metrics are numbered by it.
  /// @param examples  samples to keep as text.
  RowSurvey(std::span<const MetricDef> metrics, std::size_t examples);

  void look_at(const SampleBatch& batch);

  [[nodiscard]] const std::vector<Label>& labels() const { return labels_; }
  [[nodiscard]] const std::vector<Metric>& metrics() const { return metrics_; }
  [[nodiscard]] const DistinctCounter& series() const { return series_; }
  [[nodiscard]] const std::vector<std::string>& examples() const { return examples_; }
  [[nodiscard]] TimeSpan times() const { return times_; }
  /// Bytes of the labels of a series, on average, with its metric's name.
  [[nodiscard]] double label_bytes() const;
  /// Of chunks, by encoding series that were followed; 0 where there is none.
  [[nodiscard]] double bytes_per_sample() const;
  /// The most frequent step of the series that were followed, in milliseconds; 0 where none has two samples.
  [[nodiscard]] std::int64_t interval_ms() const;

 private:
  /// Few series are followed sample by sample: those that come first.
  struct Followed {
    std::vector<Sample> samples;
  };
  struct Last {
    std::int64_t time_ms = 0;
    double value = 0;
  };

  void look_at_entity(const SampleBatch& batch, const BatchEntity& entity);
  void look_at_run(const SampleBatch& batch, const EntityRun& run, const MetricColumn& column);
  void take_example(const SampleBatch& batch, const EntityRun& run, const MetricColumn& column, std::uint32_t row);

  std::span<const MetricDef> defs_;
  std::size_t examples_max_;
  std::vector<Label> labels_;
  std::vector<Metric> metrics_;
  DistinctCounter series_;
  std::vector<std::string> examples_;
  TimeSpan times_;
  std::unordered_set<std::uint64_t> known_entities_;
  std::uint64_t entities_seen_ = 0;
  std::uint64_t entity_bytes_ = 0;
  std::unordered_map<std::uint64_t, Followed> followed_;  // by series
  std::unordered_map<std::uint64_t, Last> last_;          // by series
};

/// A sample as OpenMetrics has it: name{label="value"} 0.5 1600000000.015
[[nodiscard]] std::string sample_text(const Labels& labels, const Sample& sample);

}  // namespace promfill
