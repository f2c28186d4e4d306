// What the benchmark's Parquet files hold: a table of label columns, a time column and metric columns, as a function of
// a few numbers. Rows are made in order, a stretch at a time, with a state of 16 bytes a series: 10^9 samples need no
// more memory than 10^6 of as many series. The same numbers give the same values on every machine.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace promfill::bench {

enum class RowOrder : std::uint8_t { kSeries, kTime, kRandom };

/// Random walks between two bounds, rounded as a sensor rounds; or 64 random bits that happen to be a finite number.
struct MetricColumn {
  std::string name;
  double low = 0;
  double high = 100;
  double per_unit = 1;  ///< 100: hundredths
  bool is_integer = false;
  bool is_noise = false;
};

struct LabelColumn {
  std::string name;
  bool is_integer = false;
  std::function<std::string(std::uint64_t entity)> text;
  std::function<std::int64_t(std::uint64_t entity)> integer;
};

/// One row is one moment of one entity (a container, a pod); each metric column of an entity is a series.
struct Dataset {
  std::vector<LabelColumn> labels;
  std::vector<MetricColumn> metrics;
  RowOrder order = RowOrder::kSeries;
  std::uint64_t entities = 0;
  std::uint64_t rows_per_entity = 0;
  std::int64_t step_s = 0;
  bool is_irregular = false;  ///< times in milliseconds, with gaps; else in seconds, a step apart
  bool is_churning = false;   ///< every file's entities begin where those of the file before end

  [[nodiscard]] std::uint64_t rows() const { return entities * rows_per_entity; }
};

/// The columns of a shape, one of: usage irregular noise wide labels.
[[nodiscard]] std::optional<Dataset> dataset_of_shape(std::string_view shape);

/// Consecutive rows, column by column.
struct Stretch {
  std::vector<std::uint64_t> entities;
  std::vector<std::int64_t> times;
  std::vector<std::vector<double>> metrics;
};

/// Makes the rows of the entities [first, last): sorted by series or, for every other order, by time.
class RowMaker {
 public:
  RowMaker(const Dataset& dataset, std::uint64_t first, std::uint64_t last, std::uint64_t file_number);

  /// The next rows, at most `rows_max`; none at the end.
  [[nodiscard]] Stretch next(std::uint64_t rows_max);

 private:
  struct Walk {
    std::uint64_t random = 0;
    double at = 0;  // within [0, 1]
  };

  void place_rows(Stretch& stretch, std::uint64_t rows);
  void fill_metric(const MetricColumn& metric, std::span<Walk> walks, Stretch& stretch) const;

  const Dataset& dataset_;
  std::uint64_t first_;
  std::uint64_t entities_;
  std::uint64_t row_ = 0;  // rows made
  std::int64_t start_s_ = 0;
  std::vector<std::vector<Walk>> walks_;    // a metric each, then an entity each
  std::vector<Walk> clocks_;                // of entities with irregular times
  std::vector<std::int64_t> irregular_ms_;  // last time of an entity
};

/// The next 64 bits of a sequence (splitmix64).
[[nodiscard]] std::uint64_t next_random(std::uint64_t& state);

}  // namespace promfill::bench
