// Exposition texts as a job's input. A block of lines is a piece: threads take blocks in turn, which is as fast as
// reading, and parse them side by side.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "backfill/input.h"
#include "importing/exemplars.h"
#include "importing/exposition_series.h"
#include "importing/text_blocks.h"
#include "promfill/options.h"

namespace promfill {

struct ExpositionOptions {
  SeriesChanges changes{};
  Timestamp min_time = kTimestampMin;  ///< inclusive
  Timestamp max_time = kTimestampMax;  ///< inclusive
  Timestamp earliest_start{1};         ///< a _created before is none
  Timestamp latest = kStorableMax;     ///< a later time was meant in another unit, and ends the job
};

class ExpositionInput final : public Input {
 public:
  /// @param options  borrowed.
  ExpositionInput(TextBlocks blocks, const ExpositionOptions& options)
      : blocks_(std::move(blocks)), options_(options) {}

  std::unique_ptr<Producer> producer(const ProducerOptions& options) override;
  void skip(std::size_t pieces, Progress& progress) override;
  [[nodiscard]] std::string where(std::size_t piece) const override;
  /// Of TYPE, HELP and UNIT lines; of several for one metric the last.
  [[nodiscard]] std::vector<MetricMetadata> metadata() const override;
  void cancel() override;
  void keep_exemplars(FileSystem& fs, std::string path) override { exemplars_.emplace(fs, std::move(path)); }
  Result<std::uint64_t> finish_exemplars() override;

 private:
  class BlockProducer;
  /// What is known of a piece that was taken.
  struct Piece {
    std::size_t file = 0;
    std::uint64_t lines = 0;
    bool counted = false;
    std::vector<MetricComment> comments{};
    std::string exemplar_lines{};  // until those of the pieces before are in the file
    std::uint64_t exemplars = 0;
  };

  Result<bool> take(std::size_t piece, TextBlock& block, Progress& progress);
  Result<bool> take_in_turn(TextBlock& block, Progress& progress);
  Status pass_over();
  Status parse_exemplars(const TextBlock& block, Piece& piece) const;
  /// Take the lines of exemplars of samples that are neither dropped nor outside the window.
  void take_exemplars(const TextRows& rows, const ExpositionSeries& series, Piece& piece) const;
  Status set_parsed(std::size_t number, Piece parsed);
  Status write_exemplars();
  /// Of the file. Waits until the pieces before it are parsed.
  std::uint64_t lines_before(std::size_t piece, std::size_t file);
  [[nodiscard]] const std::string& path(std::size_t file) const { return blocks_.texts()[file].path; }

  TextBlocks blocks_;  // of whose turn it is
  const ExpositionOptions& options_;
  std::uint64_t stored_counted_ = 0;  // of whose turn it is

  mutable std::mutex mutex_;  // of all below
  std::condition_variable changed_;
  std::size_t to_pass_over_ = 0;
  std::size_t turn_ = 0;
  bool ended_ = false;
  bool cancelled_ = false;
  std::deque<Piece> pieces_;
  std::optional<ExemplarsFile> exemplars_;
  std::size_t exemplars_written_ = 0;  // of the first so many pieces
};

}  // namespace promfill
