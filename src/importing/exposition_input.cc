// See exposition_input.h.
#include "importing/exposition_input.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "encoding/byte_writer.h"
#include "histogram/sample_record.h"
#include "openmetrics/text_block.h"
#include "record/row_arrangement.h"
#include "store/sample_batch.h"

namespace promfill {
namespace {

/// A gauge histogram is a histogram whose buckets may fall; all else that promfill has no word for is untyped.
MetricType type_named(std::string_view word) {
  for (const MetricType type : {MetricType::kGauge, MetricType::kCounter, MetricType::kHistogram, MetricType::kSummary,
                                MetricType::kInfo, MetricType::kStateset}) {
    if (to_string(type) == word) return type;
  }
  return word == "gaugehistogram" ? MetricType::kHistogram : MetricType::kUntyped;
}

}  // namespace

class ExpositionInput::BlockProducer final : public Producer {
 public:
  BlockProducer(ExpositionInput& input, const ProducerOptions& options)
      : input_(input), options_(options), charge_(*options.budget), series_(input.options_.changes) {}

  Result<bool> begin(std::size_t piece) override {
    piece_ = piece;
    PROMFILL_TRY(has_block_, input_.take(piece, block_, *options_.progress));
    return has_block_;
  }

  Result<std::optional<SampleBatch>> next() override {
    if (!std::exchange(has_block_, false)) return std::optional<SampleBatch>();
    PROMFILL_TRY_STATUS(parse());
    SampleBatch batch = options_.used->take();
    batch.numbering = series_.numbering();
    batch.judged.rows_read = rows_.times_ms.size();
    batch.judged.cells = rows_.times_ms.size();
    judge(batch);
    arrange(batch);
    charge_.resize(memory_bytes());
    return std::optional(std::move(batch));
  }

 private:
  /// Parsers remember texts, whose dialect they have; texts of several dialects are rare.
  BlockParser& parser() {
    const TextDialect dialect = input_.blocks_.texts()[block_.file].dialect;
    if (!parser_ || dialect_ != dialect || remembered_bytes() > options_.remembered_bytes) {
      series_.forget();
      told_.clear();
      parser_.emplace(dialect, input_.options_.latest, series_);
      dialect_ = dialect;
    }
    return *parser_;
  }

  Status parse() {
    std::optional<BlockError> error = parser().parse(block_.text(), block_.label, rows_);
    if (!error && rows_.ended && !block_.last) {
      error = BlockError{rows_.lines - 1, {0, "there is something behind # EOF"}};
    }
    if (!error && block_.last && !rows_.ended && dialect_ == TextDialect::kOpenMetrics) {
      error = BlockError{rows_.lines, {0, "data does not end with # EOF"}};
    }
    Piece parsed{.file = block_.file, .lines = rows_.lines, .counted = true, .comments = std::move(rows_.comments)};
    input_.take_exemplars(rows_, series_, parsed);
    PROMFILL_TRY_STATUS(input_.set_parsed(piece_, std::move(parsed)));
    if (!error) return {};
    const std::uint64_t line = input_.lines_before(piece_, block_.file) + error->line + 1;
    return Error{ErrorCode::kData, std::move(error->error.reason),
                 input_.path(block_.file) + ":" + std::to_string(line) + ":" + std::to_string(error->error.at + 1), ""};
  }

  /// Find the rows that rules drop or that lie outside the window.
  void judge(SampleBatch& batch) {
    dropped_.clear();
    starts_.clear();
    zeros_.clear();
    const auto drop = [&](std::size_t row) {
      if (dropped_.empty()) dropped_.resize(rows_.times_ms.size());
      dropped_[row] = 1;
    };
    for (std::size_t run = 0; run < rows_.runs.size(); ++run) {
      const std::size_t end = run + 1 < rows_.runs.size() ? rows_.runs[run + 1].begin : rows_.times_ms.size();
      if ((rows_.runs[run].number & ExpositionSeries::kIsStart) != 0) {
        judge_starts(rows_.runs[run].number & ~ExpositionSeries::kIsStart, rows_.runs[run].begin, end, drop);
        batch.judged.cells -= end - rows_.runs[run].begin;  // it is no sample by itself
        continue;
      }
      if (rows_.runs[run].number != ExpositionSeries::kDropped) continue;
      for (std::size_t row = rows_.runs[run].begin; row < end; ++row) drop(row);
      batch.judged.filtered += end - rows_.runs[run].begin;
    }
    const std::int64_t min = input_.options_.min_time.ms;
    const std::int64_t max = input_.options_.max_time.ms;
    if (min == kTimestampMin.ms && max == kTimestampMax.ms) return;
    for (std::size_t row = 0; row < rows_.times_ms.size(); ++row) {
      if (!starts_.empty() && starts_[row] != 0) continue;
      const bool inside = rows_.times_ms[row] >= min && rows_.times_ms[row] <= max;
      if (inside || (!dropped_.empty() && dropped_[row] != 0)) continue;
      drop(row);
      ++batch.judged.out_of_window;
    }
  }

  /// Starts that are told of for the first time, or at an earlier one: the merge says whether they stand. The lines
  /// themselves are no samples.
  template <typename Drop>
  void judge_starts(std::uint32_t number, std::size_t begin, std::size_t end, Drop drop) {
    if (starts_.empty()) starts_.resize(rows_.times_ms.size());
    if (told_.size() < series_.size()) told_.resize(series_.size());
    const bool of_family = (number & ExpositionSeries::kIsFamily) != 0;
    const std::vector<std::uint32_t> alone{number};
    const auto& series = of_family ? series_.family(number & ~ExpositionSeries::kIsFamily) : alone;
    for (std::size_t row = begin; row < end; ++row) {
      starts_[row] = 1;
      drop(row);
      const std::int64_t time_ms = rows_.times_ms[row];
      const double start_ms = std::floor(rows_.values[row] * 1000);
      const bool is_start = start_ms >= static_cast<double>(input_.options_.earliest_start.ms) &&
                            start_ms < static_cast<double>(time_ms) &&
                            start_ms >= static_cast<double>(input_.options_.min_time.ms) &&
                            start_ms <= static_cast<double>(input_.options_.max_time.ms);
      for (std::size_t i = 0; is_start && i < series.size(); ++i) {
        ToldStart& told = told_[series[i]];
        const auto start = static_cast<std::int64_t>(start_ms);
        if (told.start_ms == start && told.declared_ms <= time_ms) continue;
        told = {start, time_ms};
        zeros_.push_back({series[i], told});
      }
    }
  }

  /// Values as records, and behind them the starts, a run each.
  template <typename Place>
  void place_records(SampleBatch& batch, Place place) {
    const std::uint32_t* const order = arrangement_.order();
    batch.times_ms.resize(arrangement_.rows());
    RecordColumn& records = *batch.owned_records.emplace_back(std::make_unique<RecordColumn>());
    ByteWriter bodies;
    for (std::size_t i = 0; i < arrangement_.rows(); ++i) {
      const std::size_t row = order == nullptr ? i : order[i];
      batch.times_ms[i] = rows_.times_ms[row];
      encode_record_body(rows_.values[row], bodies);
      records.ends.push_back(bodies.size());
    }
    for (const auto& [series, start] : zeros_) {
      const auto row = static_cast<std::uint32_t>(batch.times_ms.size());
      batch.runs.push_back({static_cast<std::uint32_t>(batch.entities.size()), row, row + 1});
      place(series);
      batch.times_ms.push_back(start.start_ms);
      encode_zero_start({start.declared_ms}, bodies);
      records.ends.push_back(bodies.size());
    }
    records.bodies = std::move(bodies).take();
    batch.metrics.push_back({.metric = 0, .records = &records});
  }

  void arrange(SampleBatch& batch) {
    runs_.clear();
    for (const NumberedRun& run : rows_.runs) {
      const bool is_start = (run.number & ExpositionSeries::kIsStart) != 0;  // its rows are dropped
      runs_.push_back({run.begin, is_start ? ExpositionSeries::kDropped : run.number});
    }
    const auto place = [&](std::uint32_t entity) {
      const auto begin = static_cast<std::uint32_t>(batch.keys.size());
      batch.keys += series_.key(entity);
      batch.entities.push_back({series_.hash(entity), begin, static_cast<std::uint32_t>(batch.keys.size()), entity});
    };
    arrangement_.arrange(static_cast<std::uint32_t>(rows_.times_ms.size()), runs_, dropped_, series_.size(), batch,
                         place);
    if (input_.options_.changes.created_is_start) return place_records(batch, place);
    std::vector<double>& values = batch.take_values();
    const std::uint32_t* const order = arrangement_.order();
    if (order == nullptr) {
      batch.times_ms.swap(rows_.times_ms);
      values.swap(rows_.values);
    } else {
      batch.times_ms.resize(arrangement_.rows());
      values.resize(arrangement_.rows());
      for (std::size_t i = 0; i < values.size(); ++i) {
        batch.times_ms[i] = rows_.times_ms[order[i]];
        values[i] = rows_.values[order[i]];
      }
    }
    batch.metrics.push_back({.metric = 0, .values = values.data()});
  }

  [[nodiscard]] std::uint64_t remembered_bytes() const {
    return series_.memory_bytes() + (parser_ ? parser_->memory_bytes() : 0);
  }
  [[nodiscard]] std::uint64_t memory_bytes() const {
    return remembered_bytes() + block_.bytes.capacity() + arrangement_.memory_bytes() +
           rows_.times_ms.capacity() * sizeof(std::int64_t) + rows_.values.capacity() * sizeof(double) +
           (rows_.runs.capacity() + runs_.capacity()) * sizeof(NumberedRun) + dropped_.capacity() + starts_.capacity() +
           told_.capacity() * sizeof(ToldStart);
  }

  ExpositionInput& input_;
  ProducerOptions options_;
  MemoryCharge charge_;
  std::size_t piece_ = 0;
  TextBlock block_;
  bool has_block_ = false;
  ExpositionSeries series_;
  std::optional<BlockParser> parser_;
  TextDialect dialect_ = TextDialect::kOpenMetrics;
  TextRows rows_;
  std::vector<LabelRun> runs_;
  std::vector<std::uint8_t> dropped_;
  // Where _created lines are starts:
  struct ToldStart {
    std::int64_t start_ms = 0;
    std::int64_t declared_ms = 0;
  };
  std::vector<std::uint8_t> starts_;                        // by row; empty: the block has none
  std::vector<ToldStart> told_;                             // by series, the last one that went out
  std::vector<std::pair<std::uint32_t, ToldStart>> zeros_;  // of the block, by series
  RowArrangement arrangement_;
};

std::unique_ptr<Producer> ExpositionInput::producer(const ProducerOptions& options) {
  return std::make_unique<BlockProducer>(*this, options);
}

void ExpositionInput::skip(std::size_t pieces, Progress& /*progress*/) {
  const std::scoped_lock lock(mutex_);
  to_pass_over_ = pieces;
  turn_ = pieces;
}

Result<bool> ExpositionInput::take(std::size_t piece, TextBlock& block, Progress& progress) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ended_ || cancelled_ || turn_ == piece; });
  if (ended_ || cancelled_) return false;
  lock.unlock();
  Result<bool> taken = take_in_turn(block, progress);
  if (!taken && taken.error().code == ErrorCode::kLimit) {
    taken.error().where += ":" + std::to_string(lines_before(piece, block.file) + 1) + ":1";
  }
  lock.lock();
  if (taken && *taken) {
    pieces_.push_back({.file = block.file});
    ++turn_;
  } else {
    ended_ = true;
  }
  lock.unlock();
  changed_.notify_all();
  return taken;
}

Result<bool> ExpositionInput::take_in_turn(TextBlock& block, Progress& progress) {
  if (to_pass_over_ > 0) PROMFILL_TRY_STATUS(pass_over());
  PROMFILL_TRY(const bool taken, blocks_.next(block));
  const std::uint64_t stored = blocks_.stored_bytes_read();
  progress.bytes_read.fetch_add(stored - std::exchange(stored_counted_, stored), std::memory_order_relaxed);
  return taken;
}

/// What an earlier process has read: cut again into the same blocks, which are not parsed.
Status ExpositionInput::pass_over() {
  TextBlock block;
  for (; to_pass_over_ > 0; --to_pass_over_) {
    PROMFILL_TRY(const bool taken, blocks_.next(block));
    if (!taken) {
      return Error{ErrorCode::kData, "the input has become shorter since the work was begun", "",
                   "begin anew with --resume never"};
    }
    Piece piece{.file = block.file,
                .lines = static_cast<std::uint64_t>(std::ranges::count(block.bytes, '\n')),
                .counted = true,
                .comments = metric_comments(block.bytes, blocks_.texts()[block.file].dialect)};
    PROMFILL_TRY_STATUS(parse_exemplars(block, piece));
    const std::scoped_lock lock(mutex_);
    pieces_.push_back(std::move(piece));
    PROMFILL_TRY_STATUS(write_exemplars());
  }
  return {};
}

/// Of a block whose samples an earlier process has taken.
Status ExpositionInput::parse_exemplars(const TextBlock& block, Piece& piece) const {
  if (block.bytes.find(" # {") == std::string::npos) return {};
  ExpositionSeries series(options_.changes);
  BlockParser parser(blocks_.texts()[block.file].dialect, options_.latest, series);
  TextRows rows;
  if (parser.parse(block.text(), block.label, rows)) {
    return Error{ErrorCode::kData, "the input has changed since the work was begun", path(block.file),
                 "begin anew with --resume never"};
  }
  take_exemplars(rows, series, piece);
  return {};
}

void ExpositionInput::take_exemplars(const TextRows& rows, const ExpositionSeries& series, Piece& piece) const {
  std::size_t run = 0;
  for (const Exemplar& exemplar : rows.exemplars) {
    while (run + 1 < rows.runs.size() && rows.runs[run + 1].begin <= exemplar.row) ++run;
    const std::uint32_t number = rows.runs[run].number;
    if ((number & ExpositionSeries::kIsStart) != 0) continue;
    const std::int64_t t_ms = rows.times_ms[exemplar.row];
    if (number == ExpositionSeries::kDropped || t_ms < options_.min_time.ms || t_ms > options_.max_time.ms) continue;
    append_exemplar_line(decode_entity_key(series.key(number)), t_ms, exemplar, piece.exemplar_lines);
    ++piece.exemplars;
  }
}

Status ExpositionInput::set_parsed(std::size_t number, Piece parsed) {
  Status written;
  {
    const std::scoped_lock lock(mutex_);
    pieces_[number] = std::move(parsed);
    written = write_exemplars();
  }
  changed_.notify_all();
  return written;
}

/// Those of pieces that have none before them to wait for.
Status ExpositionInput::write_exemplars() {
  for (; exemplars_written_ < pieces_.size() && pieces_[exemplars_written_].counted; ++exemplars_written_) {
    Piece& piece = pieces_[exemplars_written_];
    if (exemplars_) PROMFILL_TRY_STATUS(exemplars_->add(piece.exemplar_lines, piece.exemplars));
    piece.exemplar_lines = std::string();
  }
  return {};
}

Result<std::uint64_t> ExpositionInput::finish_exemplars() {
  const std::scoped_lock lock(mutex_);
  PROMFILL_ASSERT(exemplars_written_ == pieces_.size());
  return exemplars_ ? exemplars_->finish() : std::uint64_t{0};
}

std::uint64_t ExpositionInput::lines_before(std::size_t piece, std::size_t file) {
  std::unique_lock lock(mutex_);
  std::uint64_t lines = 0;
  for (std::size_t p = piece; p-- > 0 && pieces_[p].file == file;) {
    changed_.wait(lock, [&] { return cancelled_ || pieces_[p].counted; });
    lines += pieces_[p].lines;
  }
  return lines;
}

std::vector<MetricMetadata> ExpositionInput::metadata() const {
  const std::scoped_lock lock(mutex_);
  std::map<std::string, MetricMetadata> metrics;
  for (const Piece& piece : pieces_) {
    for (const MetricComment& comment : piece.comments) {
      const auto [at, is_new] = metrics.try_emplace(options_.changes.prefix + comment.name);
      if (is_new) at->second = {.name = at->first, .type = MetricType::kUntyped};
      if (comment.kind == CommentLine::Kind::kType) at->second.type = type_named(comment.text);
      if (comment.kind == CommentLine::Kind::kHelp) at->second.help = comment.text;
      if (comment.kind == CommentLine::Kind::kUnit) at->second.unit = comment.text;
    }
  }
  std::vector<MetricMetadata> all;
  for (auto& [name, metric] : metrics) all.push_back(std::move(metric));
  return all;
}

std::string ExpositionInput::where(std::size_t piece) const {
  const std::scoped_lock lock(mutex_);
  return piece < pieces_.size() ? path(pieces_[piece].file) : "";
}

void ExpositionInput::cancel() {
  {
    const std::scoped_lock lock(mutex_);
    cancelled_ = true;
  }
  changed_.notify_all();
}

}  // namespace promfill
