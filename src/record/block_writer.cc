// See promfill/block_writer.h. An index begins with all symbols, sorted: chunks are written as series come, the index
// when all are known.
#include "promfill/block_writer.h"

#include <algorithm>
#include <array>
#include <concepts>
#include <numeric>
#include <random>
#include <utility>
#include <variant>
#include <vector>

#include "block/block_files_writer.h"
#include "block/block_verifier.h"
#include "chunk/xor_chunk.h"
#include "histogram/series_encoder.h"
#include "promfill/options.h"
#include "resource/clock.h"
#include "store/byte_table.h"

namespace promfill {
inline namespace PROMFILL_ABI {
namespace {

Ulid make_ulid(Timestamp created) {
  std::random_device device;
  std::array<std::uint8_t, 10> entropy{};
  for (std::uint8_t& byte : entropy) byte = static_cast<std::uint8_t>(device());
  return Ulid::make(created, entropy);
}

Error wrong(const Labels& labels, std::string message, std::string hint) {
  return {ErrorCode::kUsage, "write block: " + std::move(message), labels.text(), std::move(hint)};
}

Status check_labels(const Labels& labels) {
  if (labels.empty()) return wrong(labels, "a series has no labels", "");
  for (const Label& label : labels) {
    const bool is_name = label.name == kMetricName;
    if (is_name ? !is_classic_metric_name(label.value) : !is_classic_label_name(label.name)) {
      return wrong(labels, "a name is invalid", "use letters, digits and underscores, not starting with a digit");
    }
    if (!is_valid_utf8(label.value)) return wrong(labels, "the value of label '" + label.name + "' is not UTF-8", "");
  }
  return {};
}

Timestamp time_of(const Sample& sample) { return sample.time; }
Timestamp time_of(const AnySample& sample) {
  return std::visit([](const auto& one) { return one.time; }, sample);
}

template <typename S>
Status check_samples(const Labels& labels, std::span<const S> samples) {
  if (samples.empty()) return wrong(labels, "a series has no samples", "leave it out");
  for (std::size_t i = 1; i < samples.size(); ++i) {
    if (time_of(samples[i - 1]) < time_of(samples[i])) continue;
    return wrong(labels, "times don't rise at " + to_string(time_of(samples[i])), "Writer takes any order");
  }
  if (time_of(samples.front()) < kStorableMin || time_of(samples.back()) > kStorableMax) {
    return wrong(labels, "a time is one that no block can hold", "");
  }
  return {};
}

Status check_histograms(const Labels& labels, std::span<const AnySample> samples) {
  for (const AnySample& sample : samples) {
    const Status valid = std::visit(
        [](const auto& one) -> Status {
          if constexpr (std::same_as<std::decay_t<decltype(one)>, Sample>) {
            return {};
          } else {
            return validate(one.histogram);
          }
        },
        sample);
    if (!valid) return wrong(labels, valid.error().message + " at " + to_string(time_of(sample)), "");
  }
  return {};
}

}  // namespace

struct BlockWriter::State {
  State(const BlockOptions& asked, std::vector<std::string> made_directories, Ulid name)
      : options(asked), made(std::move(made_directories)), ulid(name) {
    final_name = join_path(options.out, ulid.text());
    staged = final_name + ".tmp-for-creation";
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (done) return;
    files.reset();
    (void)remove_tree(fs, staged);
    for (auto one = made.rbegin(); one != made.rend(); ++one) (void)fs.remove_empty_directory(*one);
  }

  Status add(const Labels& added, std::span<const Sample> samples);
  Status add(const Labels& added, std::span<const AnySample> samples);
  [[nodiscard]] Status check_place(const Labels& added) const;
  Status add_chunks(const Labels& added, std::span<const EncodedChunk> encoded);
  Status write_index();
  Result<ReportedBlock> complete();
  Status keep(Status status) {
    if (!status && !failed) failed = status.error();
    return status;
  }

  FileSystem& fs = real_file_system();
  BlockOptions options;
  std::vector<std::string> made;  // directories that weren't there, parents first
  Ulid ulid;
  std::string final_name;
  std::string staged;
  std::optional<BlockFilesWriter> files;
  std::optional<Error> failed;
  bool done = false;

  struct Series {
    std::size_t labels_end = 0;
    std::size_t chunks_end = 0;
  };
  Labels last;
  ByteTable texts;
  std::vector<SymbolPair> labels;  // texts by number, of all series
  std::vector<ChunkMeta> chunks;   // of all series
  std::vector<Series> series;
};

Status BlockWriter::State::add(const Labels& added, std::span<const Sample> samples) {
  PROMFILL_TRY_STATUS(check_place(added));
  PROMFILL_TRY_STATUS(check_samples(added, samples));
  return add_chunks(added,
                    encode_series_chunks(samples, 2 * options.block_duration.ms, encoding_of(options.chunk_encoding)));
}

Status BlockWriter::State::add(const Labels& added, std::span<const AnySample> samples) {
  PROMFILL_TRY_STATUS(check_place(added));
  PROMFILL_TRY_STATUS(check_samples(added, samples));
  PROMFILL_TRY_STATUS(check_histograms(added, samples));
  const SeriesEncoding encoding{.chunk_range_ms = 2 * options.block_duration.ms,
                                .floats = encoding_of(options.chunk_encoding),
                                .histogram_start_times = options.histogram_start_times};
  return add_chunks(added, encode_mixed_series(samples, encoding));
}

Status BlockWriter::State::check_place(const Labels& added) const {
  if (done) return wrong(added, "the block is finished already", "");
  PROMFILL_TRY_STATUS(check_labels(added));
  if (!series.empty() && added <= last) {
    return wrong(added, "series come in the order of their labels", "the one before it was " + last.text());
  }
  return {};
}

Status BlockWriter::State::add_chunks(const Labels& added, std::span<const EncodedChunk> encoded) {
  std::vector<ChunkView> views;
  for (const EncodedChunk& chunk : encoded) views.push_back(chunk.view());
  PROMFILL_TRY_STATUS(files->add_chunks(views, chunks));
  for (const Label& label : added) labels.push_back({{texts.intern(label.name)}, {texts.intern(label.value)}});
  series.push_back({labels.size(), chunks.size()});
  last = added;
  return {};
}

/// Symbols in byte order, then the series by them.
Status BlockWriter::State::write_index() {
  std::vector<std::uint32_t> sorted(texts.size());
  std::iota(sorted.begin(), sorted.end(), 0U);
  std::sort(sorted.begin(), sorted.end(), [this](std::uint32_t a, std::uint32_t b) { return texts[a] < texts[b]; });
  std::vector<std::uint32_t> symbols(texts.size());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    PROMFILL_TRY_STATUS(files->add_symbol(texts[sorted[i]]));
    symbols[sorted[i]] = static_cast<std::uint32_t>(i + 1);  // 0 is the empty string
  }
  for (SymbolPair& pair : labels) pair = {{symbols[pair.name.value]}, {symbols[pair.value.value]}};
  Series begin;
  for (const Series& end : series) {
    const auto of_series = std::span(labels).subspan(begin.labels_end, end.labels_end - begin.labels_end);
    const auto its_chunks = std::span(chunks).subspan(begin.chunks_end, end.chunks_end - begin.chunks_end);
    PROMFILL_TRY_STATUS(files->add_to_index(of_series, its_chunks));
    begin = end;
  }
  return {};
}

Result<ReportedBlock> BlockWriter::State::complete() {
  if (done) return Error{ErrorCode::kUsage, "write block: the block is finished already", final_name, ""};
  PROMFILL_TRY_STATUS(write_index());
  PROMFILL_TRY(WrittenBlock written, std::move(*files).finish());
  const VerifyReport verified = verify_block(
      fs, staged, {.depth = VerifyDepth::kFrames, .strict = true, .segment_bytes_max = options.segment_bytes_max},
      ulid.text());
  if (!verified.ok()) {
    return Error{ErrorCode::kInternal, "a block did not verify after it was written: " + verified.problems.front(),
                 staged, "the disk may be failing, else this is a bug in promfill"};
  }
  PROMFILL_TRY_STATUS(fs.rename(staged, final_name));
  done = true;
  PROMFILL_TRY_STATUS(fs.sync_directory(options.out));
  return ReportedBlock{std::move(written.meta), written.bytes};
}

BlockWriter::BlockWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
BlockWriter::BlockWriter(BlockWriter&& other) noexcept = default;
BlockWriter& BlockWriter::operator=(BlockWriter&& other) noexcept = default;
BlockWriter::~BlockWriter() = default;

Result<BlockWriter> BlockWriter::create(const BlockOptions& options) {
  BackfillOptions checked;
  checked.out = options.out;
  checked.block_duration = options.block_duration;
  checked.created_at = options.created_at;
  checked.segment_bytes_max = options.segment_bytes_max;
  PROMFILL_TRY_STATUS(checked.validate());
  const Timestamp created = options.created_at.value_or(system_clock().now());
  PROMFILL_TRY(std::vector<std::string> made, create_directories(real_file_system(), options.out));
  auto state = std::make_unique<State>(options, std::move(made), make_ulid(created));
  PROMFILL_TRY(BlockFilesWriter files, BlockFilesWriter::create(state->fs, state->staged, state->ulid,
                                                                {.segment_bytes_max = options.segment_bytes_max}));
  state->files.emplace(std::move(files));
  return BlockWriter(std::move(state));
}

Status BlockWriter::add_series(const Labels& labels, std::span<const Sample> samples) {
  if (state_->failed) return *state_->failed;
  return state_->keep(state_->add(labels, samples));
}

Status BlockWriter::add_series(const Labels& labels, std::span<const AnySample> samples) {
  if (state_->failed) return *state_->failed;
  return state_->keep(state_->add(labels, samples));
}

Result<ReportedBlock> BlockWriter::finish() {
  if (state_->failed) return *state_->failed;
  Result<ReportedBlock> block = state_->complete();
  if (!block) (void)state_->keep(block.error());
  return block;
}

}  // namespace PROMFILL_ABI
}  // namespace promfill
