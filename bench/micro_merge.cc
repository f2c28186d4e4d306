// Merging by itself: a series out of pieces that overlap, and runs that all have the same series. Part of bench_micro.
#include <benchmark/benchmark.h>
#include <stdlib.h>  // mkdtemp is POSIX, not C++

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "chunk/xor_chunk.h"
#include "merge/run_merge.h"
#include "merge/series_merge.h"

namespace promfill {
namespace {

constexpr std::int64_t kStartMs = 1'583'020'800'000;
constexpr std::int64_t kStepMs = 10'000;
constexpr std::int64_t kChunkRangeMs = 4 * 3'600'000;  // of blocks of two hours

/// Chunks of a series that is whole but for every `late`-th sample, and of those: all must be decoded and cut anew.
std::vector<EncodedChunk> chunks_with_late_ones(std::int64_t samples, std::int64_t late) {
  std::vector<Sample> in_order;
  std::vector<Sample> afterwards;
  for (std::int64_t i = 0; i < samples; ++i) {
    const Sample sample{{kStartMs + i * kStepMs}, static_cast<double>(i * 7919 % 1000)};
    (i % late == 1 ? afterwards : in_order).push_back(sample);
  }
  std::vector<EncodedChunk> chunks = encode_series_chunks(in_order, kChunkRangeMs);
  const auto end = static_cast<std::ptrdiff_t>(chunks.size());
  for (EncodedChunk& chunk : encode_series_chunks(afterwards, kChunkRangeMs)) chunks.push_back(std::move(chunk));
  PROMFILL_ASSERT(static_cast<std::ptrdiff_t>(chunks.size()) > end);
  return chunks;
}

void merge_late_samples(benchmark::State& state) {
  constexpr std::int64_t kSamples = 720;  // two hours
  const std::vector<EncodedChunk> chunks = chunks_with_late_ones(kSamples, state.range(0));
  SeriesMerge merge({.encoding = {.chunk_range_ms = kChunkRangeMs}, .on_duplicate = DuplicatePolicy::kKeepLast});
  WindowTally tally;
  std::vector<SeriesPiece> pieces;
  for (auto _ : state) {
    pieces.clear();
    for (const EncodedChunk& chunk : chunks) {
      const bool is_late = !pieces.empty() && chunk.mint <= pieces.back().chunk.maxt;
      const bool follows_late = !pieces.empty() && pieces.back().role == ChunkRole::kLate;
      pieces.push_back({chunk.view(), is_late || follows_late ? ChunkRole::kLate : ChunkRole::kFinal});
    }
    const auto merged = merge.merge(pieces, tally);
    PROMFILL_ASSERT(merged.has_value());
    benchmark::DoNotOptimize(merged->data());
  }
  state.SetItemsProcessed(state.iterations() * kSamples);
}

/// The same series in every run, with a chunk each.
class SameSeries final : public SeriesCursor {
 public:
  SameSeries(std::uint32_t series, const EncodedChunk& chunk) : series_(series), chunk_(chunk) {}
  Result<bool> next() override {
    if (at_ == series_) return false;
    labels_ = {{{0}, {1}}, {{2}, {3 + at_++}}};
    return true;
  }
  [[nodiscard]] std::span<const SymbolPair> labels() const override { return labels_; }
  Status add_pieces(std::vector<SeriesPiece>& out) override {
    out.push_back({chunk_.view(), ChunkRole::kOpen, 0});
    return {};
  }

 private:
  std::uint32_t series_;
  const EncodedChunk& chunk_;
  std::uint32_t at_ = 0;
  std::vector<SymbolPair> labels_;
};

std::string padded(std::uint32_t number) {
  const std::string digits = std::to_string(number);
  return "s" + std::string(8 - digits.size(), '0') + digits;
}

Result<std::shared_ptr<const Run>> write_run(const std::string& path, std::uint32_t series, std::int64_t start_ms) {
  PROMFILL_TRY(RunWriter writer, RunWriter::create(real_file_system(), path, 0));
  for (const char* text : {"__name__", "cpu", "id"}) PROMFILL_TRY_STATUS(writer.add_symbol(text));
  for (std::uint32_t i = 0; i < series; ++i) PROMFILL_TRY_STATUS(writer.add_symbol(padded(i)));
  PROMFILL_TRY_STATUS(writer.end_symbols());
  std::vector<Sample> samples;
  for (std::int64_t i = 0; i < 10; ++i) samples.push_back({{start_ms + i * kStepMs}, static_cast<double>(i)});
  const EncodedChunk chunk = encode_series_chunks(samples, kChunkRangeMs).front();
  PROMFILL_TRY_STATUS(writer.add_window(0, [&] { return std::make_unique<SameSeries>(series, chunk); }));
  return std::move(writer).finish();
}

void merge_runs_of_chunks(benchmark::State& state) {
  constexpr std::uint32_t kSeries = 20'000;
  std::string directory = std::filesystem::temp_directory_path() / "promfill_bench_XXXXXX";
  PROMFILL_ASSERT(::mkdtemp(directory.data()) != nullptr);
  std::vector<std::shared_ptr<const Run>> runs;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    runs.push_back(write_run(directory + "/run-" + std::to_string(i), kSeries, kStartMs + i * 10 * kStepMs).value());
  }
  const std::vector<std::int64_t> windows = {0};
  for (auto _ : state) {
    const auto merged = merge_runs(real_file_system(), directory + "/merged", runs, windows);
    PROMFILL_ASSERT(merged.has_value());
  }
  runs.clear();
  std::filesystem::remove_all(directory);
  state.SetItemsProcessed(state.iterations() * state.range(0) * kSeries);  // chunks
}

BENCHMARK(merge_late_samples)->Arg(10)->Arg(100);
BENCHMARK(merge_runs_of_chunks)->Arg(2)->Arg(32)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace promfill
