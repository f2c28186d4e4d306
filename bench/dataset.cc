#include "bench/dataset.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>

namespace promfill::bench {
namespace {

constexpr std::int64_t kStartS = 86400;  // as in the trace; the import adds an offset to it

/// Spread of a step, of the whole range: what a walk over eight days of ten seconds covers once.
constexpr double kStepDeviation = 1.0 / 420;
/// The number of ones among 64 random bits has this deviation around 32, and is nearly normal.
constexpr double kOnesDeviation = 4;

double uniform(std::uint64_t& random) { return static_cast<double>(next_random(random) >> 11) * 0x1.0p-53; }

std::string hex(std::uint64_t entity, std::uint64_t salt, int words) {
  std::uint64_t random = entity * 0x9e3779b97f4a7c15 + salt;
  std::string text;
  for (int i = 0; i < words; ++i) {
    char word[17];
    std::snprintf(word, sizeof word, "%016llx", static_cast<unsigned long long>(next_random(random)));
    text += word;
  }
  return text;
}

LabelColumn text_label(std::string name, std::function<std::string(std::uint64_t)> text) {
  return {.name = std::move(name), .is_integer = false, .text = std::move(text), .integer = {}};
}

/// The trace's own labels: text and an integer, four containers an application.
std::vector<LabelColumn> usage_labels() {
  return {text_label("id", [](std::uint64_t entity) { return "c_" + std::to_string(entity); }),
          {.name = "aid", .is_integer = true, .text = {}, .integer = [](std::uint64_t entity) {
             return static_cast<std::int64_t>(1000 + entity / 4);
           }}};
}

std::vector<MetricColumn> usage_metrics() {
  return {{.name = "cpu", .low = 0, .high = 100},
          {.name = "mem", .low = 20, .high = 95, .is_integer = true},
          {.name = "net_in", .low = 0, .high = 5, .per_unit = 100},
          {.name = "net_out", .low = 0, .high = 5, .per_unit = 100},
          {.name = "disk", .low = 0, .high = 60}};
}

/// Labels as an orchestrator makes them: two that are new with every entity, two that some entities share.
std::vector<LabelColumn> pod_labels() {
  return {text_label("pod", [](std::uint64_t e) { return "service-" + std::to_string(e % 97) + "-" + hex(e, 1, 1); }),
          text_label("container_id", [](std::uint64_t e) { return "containerd://" + hex(e, 2, 4); }),
          text_label("node", [](std::uint64_t e) { return "node-" + std::to_string(e % 211) + ".example.internal"; }),
          text_label("image", [](std::uint64_t e) { return "app@sha256:" + hex(e % 997, 3, 4); })};
}

}  // namespace

std::uint64_t next_random(std::uint64_t& state) {
  std::uint64_t x = state += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

std::optional<Dataset> dataset_of_shape(std::string_view shape) {
  Dataset dataset{.labels = usage_labels(), .metrics = usage_metrics()};
  if (shape == "usage") return dataset;
  if (shape == "irregular") {
    dataset.is_irregular = true;
    return dataset;
  }
  if (shape == "noise") {
    for (MetricColumn& metric : dataset.metrics) metric.is_noise = true;
    return dataset;
  }
  if (shape == "wide") {
    dataset.metrics.clear();
    for (int i = 0; i < 300; ++i) {
      MetricColumn metric = usage_metrics()[static_cast<std::size_t>(i) % 5];
      char number[8];
      std::snprintf(number, sizeof number, "_%03d", i);
      metric.name += number;
      dataset.metrics.push_back(metric);
    }
    return dataset;
  }
  if (shape == "labels") {
    dataset.labels = pod_labels();
    dataset.metrics.resize(2);
    dataset.is_churning = true;
    return dataset;
  }
  return std::nullopt;
}

RowMaker::RowMaker(const Dataset& dataset, std::uint64_t first, std::uint64_t last, std::uint64_t file_number)
    : dataset_(dataset), first_(first), entities_(last - first), start_s_(kStartS) {
  if (dataset.is_churning) {
    start_s_ += static_cast<std::int64_t>(file_number * dataset.rows_per_entity) * dataset.step_s;
  }
  const auto begin_walks = [&](std::uint64_t column) {
    std::vector<Walk> walks(entities_);
    for (std::uint64_t e = 0; e < entities_; ++e) {
      walks[e].random = (first + e) * 1'000'003 + column * 0x2545f4914f6cdd1d;
      walks[e].at = uniform(walks[e].random);
    }
    return walks;
  };
  for (std::size_t m = 0; m < dataset.metrics.size(); ++m) walks_.push_back(begin_walks(m));
  if (dataset.is_irregular) {
    clocks_ = begin_walks(dataset.metrics.size());
    irregular_ms_.assign(entities_, start_s_ * 1000);
  }
}

void RowMaker::place_rows(Stretch& stretch, std::uint64_t rows) {
  const bool by_series = dataset_.order == RowOrder::kSeries;
  const std::uint64_t inner = by_series ? dataset_.rows_per_entity : entities_;
  for (std::uint64_t row = row_; row < row_ + rows; ++row) {
    const std::uint64_t entity = by_series ? row / inner : row % inner;
    const std::uint64_t moment = by_series ? row % inner : row / inner;
    stretch.entities.push_back(first_ + entity);
    if (!dataset_.is_irregular) {
      stretch.times.push_back(start_s_ + static_cast<std::int64_t>(moment) * dataset_.step_s);
      continue;
    }
    // Half a step to one and a half, and every hundredth time an outage.
    const auto step_ms = static_cast<std::uint64_t>(dataset_.step_s) * 1000;
    const std::uint64_t random = next_random(clocks_[entity].random);
    const std::uint64_t outage_ms = (random >> 32) % 100 == 0 ? 30 * step_ms : 0;
    irregular_ms_[entity] += static_cast<std::int64_t>(step_ms / 2 + random % step_ms + outage_ms);
    stretch.times.push_back(irregular_ms_[entity]);
  }
}

void RowMaker::fill_metric(const MetricColumn& metric, std::span<Walk> walks, Stretch& stretch) const {
  std::vector<double>& values = stretch.metrics.emplace_back();
  values.reserve(stretch.entities.size());
  for (const std::uint64_t entity : stretch.entities) {
    Walk& walk = walks[entity - first_];
    const std::uint64_t random = next_random(walk.random);
    if (metric.is_noise) {
      constexpr std::uint64_t kLowestExponentBit = std::uint64_t{1} << 52;
      const auto value = std::bit_cast<double>(random);
      if (metric.is_integer) {
        values.push_back(static_cast<double>(random >> 11));  // 53 bits, which a double holds
      } else {
        values.push_back(std::isfinite(value) ? value : std::bit_cast<double>(random & ~kLowestExponentBit));
      }
      continue;
    }
    const double step = (std::popcount(random) - 32) / kOnesDeviation * kStepDeviation;
    walk.at = std::abs(walk.at + step);
    if (walk.at > 1) walk.at = 2 - walk.at;
    const double value = metric.low + walk.at * (metric.high - metric.low);
    values.push_back(std::round(value * metric.per_unit) / metric.per_unit);
  }
}

Stretch RowMaker::next(std::uint64_t rows_max) {
  const std::uint64_t rows = std::min(rows_max, entities_ * dataset_.rows_per_entity - row_);
  Stretch stretch;
  stretch.entities.reserve(rows);
  stretch.times.reserve(rows);
  place_rows(stretch, rows);
  row_ += rows;
  for (std::size_t m = 0; m < dataset_.metrics.size(); ++m) fill_metric(dataset_.metrics[m], walks_[m], stretch);
  return stretch;
}

}  // namespace promfill::bench
