// The hot paths one by one, without files to read or threads: encode, decode, intern, index, and in micro_merge.cc
// merge. Run by bench/run; by hand:
//
//   bench_micro --benchmark_filter=encode
//
// items_per_second is samples, keys or series. What the values are is said in dataset.h.
#include <benchmark/benchmark.h>
#include <stdlib.h>  // mkdtemp is POSIX, not C++

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "bench/dataset.h"
#include "chunk/xor2_codec.h"
#include "chunk/xor_chunk.h"
#include "histogram/histogram_appender.h"
#include "index/index_writer.h"
#include "store/byte_table.h"

namespace promfill {
namespace {

constexpr std::int64_t kStartMs = 1'583'020'800'000;
constexpr std::int64_t kChunkRangeMs = 4 * 3'600'000;  // of blocks of two hours
constexpr std::uint64_t kSamples = 64 * 1080;          // of one series: 32 KiB of values would fit the first cache

/// Times and values of one series.
struct Run {
  std::vector<std::int64_t> times_ms;
  std::vector<double> values;
};

Run make_run(const std::string& kind, std::int64_t step_ms) {
  bench::Dataset dataset = *bench::dataset_of_shape(kind == "noise" ? "noise" : "usage");
  dataset.is_irregular = step_ms == 0;
  dataset.entities = 1;
  dataset.rows_per_entity = kSamples;
  dataset.step_s = 10;
  bench::Stretch stretch = bench::RowMaker(dataset, 0, 1, 0).next(kSamples);
  Run run;
  for (const std::int64_t time : stretch.times) run.times_ms.push_back(kStartMs + (step_ms == 0 ? time : time * 1000));
  run.values = std::move(stretch.metrics[kind == "hundredths" ? 2 : 0]);
  if (kind == "constant") std::fill(run.values.begin(), run.values.end(), 42.0);
  return run;
}

/// Counts chunks' bytes, or keeps them for decoding.
struct Chunks {
  std::unique_ptr<std::uint8_t[]> buffer = std::make_unique<std::uint8_t[]>(kXorBufferBytesMax);
  std::uint64_t bytes = 0;
  std::vector<Bytes>* kept = nullptr;
  ChunkEncoding encoding = ChunkEncoding::kXor;

  void grow(XorAppender& appender) {
    appender.buffer = buffer.get();
    appender.capacity = kXorBufferBytesMax;
  }
  void close(XorAppender& appender) {
    const ChunkView chunk = appender.view(encoding);
    bytes += chunk.data.size();
    if (kept != nullptr) kept->emplace_back(chunk.data.begin(), chunk.data.end());
  }
};

std::uint64_t encode(const Run& run, Chunks& chunks) {
  XorAppender appender;
  constexpr std::int64_t kNoEnd = std::numeric_limits<std::int64_t>::max();
  const std::size_t n =
      append_floats(chunks.encoding, appender, run.times_ms, run.values.data(), kNoEnd, kChunkRangeMs, chunks);
  PROMFILL_ASSERT(n == run.times_ms.size());
  chunks.close(appender);
  return chunks.bytes;
}

void encode_runs(benchmark::State& state, const std::string& kind, std::int64_t step_ms,
                 ChunkEncoding encoding = ChunkEncoding::kXor) {
  const Run run = make_run(kind, step_ms);
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    Chunks chunks;
    chunks.encoding = encoding;
    benchmark::DoNotOptimize(bytes = encode(run, chunks));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kSamples));
  state.counters["bytes_per_sample"] = static_cast<double>(bytes) / static_cast<double>(kSamples);
}

void decode_chunks(benchmark::State& state, const std::string& kind) {
  std::vector<Bytes> kept;
  Chunks chunks;
  chunks.kept = &kept;
  encode(make_run(kind, 10'000), chunks);
  std::vector<Sample> samples;
  for (auto _ : state) {
    for (const Bytes& chunk : kept) {
      samples.clear();
      const Status status = decode_xor_chunk(chunk, samples);
      PROMFILL_ASSERT(status.has_value());
      benchmark::DoNotOptimize(samples.data());
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kSamples));
}

/// A counter of latencies: 20 buckets in two spans, to which some observations come between samples.
template <typename H>
std::vector<HistogramSample<H>> make_histograms(std::size_t count) {
  std::vector<HistogramSample<H>> samples(count);
  std::array<std::uint64_t, 20> counts{};
  double sum = 0;
  std::uint64_t random = 1;
  for (std::size_t i = 0; i < count; ++i) {
    for (int observed = 0; observed < 12; ++observed) {
      random = random * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
      ++counts[(random >> 33) % 20 * ((random >> 45) % 20) / 20];
      sum += static_cast<double>((random >> 40) % 1000) / 1000;
    }
    HistogramSample<H>& sample = samples[i];
    sample.time = {kStartMs + 15'000 * static_cast<std::int64_t>(i)};
    H& h = sample.histogram;
    h.layout = {.schema = 3, .zero_threshold = 0x1p-128, .positive_spans = {{-8, 12}, {3, 8}}};
    h.sum = sum;
    std::uint64_t before = 0;
    for (const std::uint64_t one : counts) {
      using Bucket = typename decltype(h.positive)::value_type;
      h.positive.push_back(static_cast<Bucket>(one) - (kIsInteger<H> ? static_cast<Bucket>(before) : Bucket{}));
      before = one;
      h.count += static_cast<decltype(h.count)>(one);
    }
  }
  return samples;
}

template <typename H>
void encode_histograms(benchmark::State& state) {
  const std::vector<HistogramSample<H>> samples = make_histograms<H>(10'000);
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    HistogramAppender<H> appender(kChunkRangeMs, false);
    std::vector<EncodedChunk> chunks;
    for (const HistogramSample<H>& sample : samples) appender.append(sample, chunks);
    appender.finish(chunks);
    bytes = 0;
    for (const EncodedChunk& chunk : chunks) bytes += chunk.data.size();
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * 10'000);
  state.counters["bytes_per_sample"] = static_cast<double>(bytes) / 10'000;
}

std::string padded(char prefix, std::uint64_t number) {
  std::string digits = std::to_string(number);
  return prefix + std::string(8 - std::min<std::size_t>(8, digits.size()), '0') + digits;
}

/// Keys as long as those of entities with two labels.
std::vector<std::string> make_keys(std::size_t count) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < count; ++i) keys.push_back(padded('a', i / 4) + padded('c', i * 2'654'435'761 % count));
  return keys;
}

void intern_keys(benchmark::State& state, bool known) {
  const auto keys = make_keys(static_cast<std::size_t>(state.range(0)));
  ByteTable table;
  for (auto _ : state) {
    if (!known) table = ByteTable();
    for (const std::string& key : keys) benchmark::DoNotOptimize(table.intern(key));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

/// An index of sorted series with three labels and a chunk each, written and synced.
class SortedSeries {
 public:
  explicit SortedSeries(std::uint64_t entities) : entities_(entities) {
    symbols_ = {"__name__", "aid", "id"};
    symbols_.insert(symbols_.end(), kMetrics.begin(), kMetrics.end());
    for (std::uint64_t e = 0; e < entities; ++e) symbols_.push_back(padded('c', e));
    for (std::uint64_t e = 0; e < entities; e += 4) symbols_.push_back(padded('a', e / 4));
    std::sort(symbols_.begin(), symbols_.end());
    name_ = ref("__name__");
    aid_ = ref("aid");
    id_ = ref("id");
    first_aid_ = ref(padded('a', 0));
    first_id_ = ref(padded('c', 0));
  }

  [[nodiscard]] std::uint64_t series() const { return entities_ * kMetrics.size(); }

  Status write(const std::string& path) const {
    PROMFILL_TRY(auto writer, IndexWriter::create(real_file_system(), path));
    for (const std::string& symbol : symbols_) PROMFILL_TRY_STATUS(writer.add_symbol(symbol));
    std::uint32_t chunk_offset = 8;
    for (const std::string_view metric : kMetrics) {
      const SymbolRef metric_ref = ref(metric);
      for (std::uint32_t e = 0; e < entities_; ++e) {
        const std::array<SymbolPair, 3> labels = {
            {{name_, metric_ref}, {aid_, {first_aid_.value + e / 4}}, {id_, {first_id_.value + e}}}};
        const ChunkMeta chunk{ChunkRef::at(0, chunk_offset), {kStartMs}, {kStartMs + 7'190'000}};
        chunk_offset += 100;
        PROMFILL_TRY_STATUS(writer.add_series(labels, std::span(&chunk, 1)));
      }
    }
    return std::move(writer).finish();
  }

 private:
  static constexpr std::array<std::string_view, 5> kMetrics = {"cpu", "disk", "mem", "net_in", "net_out"};

  /// Symbol 0 is "", which the writer adds.
  [[nodiscard]] SymbolRef ref(std::string_view text) const {
    const auto at = std::lower_bound(symbols_.begin(), symbols_.end(), text);
    return {static_cast<std::uint32_t>(at - symbols_.begin()) + 1};
  }

  std::uint64_t entities_;
  std::vector<std::string> symbols_;
  SymbolRef name_, aid_, id_, first_aid_, first_id_;
};

void write_index(benchmark::State& state) {
  const SortedSeries series(static_cast<std::uint64_t>(state.range(0)) / 5);
  std::string directory = std::filesystem::temp_directory_path() / "promfill_bench_XXXXXX";
  PROMFILL_ASSERT(::mkdtemp(directory.data()) != nullptr);
  const std::string path = directory + "/index";
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    const Status status = series.write(path);
    PROMFILL_ASSERT(status.has_value());
    state.PauseTiming();
    bytes = std::filesystem::file_size(path);
    std::filesystem::remove(path);
    state.ResumeTiming();
  }
  std::filesystem::remove_all(directory);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * series.series()));
  state.counters["bytes_per_series"] = static_cast<double>(bytes) / static_cast<double>(series.series());
}

BENCHMARK_CAPTURE(encode_runs, constant, "constant", 10'000);
BENCHMARK_CAPTURE(encode_runs, integers, "integers", 10'000);
BENCHMARK_CAPTURE(encode_runs, hundredths, "hundredths", 10'000);
BENCHMARK_CAPTURE(encode_runs, noise, "noise", 10'000);
BENCHMARK_CAPTURE(encode_runs, integers_at_irregular_times, "integers", 0);
BENCHMARK_CAPTURE(encode_runs, xor2_constant, "constant", 10'000, ChunkEncoding::kXor2);
BENCHMARK_CAPTURE(encode_runs, xor2_integers, "integers", 10'000, ChunkEncoding::kXor2);
BENCHMARK_CAPTURE(encode_runs, xor2_hundredths, "hundredths", 10'000, ChunkEncoding::kXor2);
BENCHMARK_CAPTURE(encode_runs, xor2_noise, "noise", 10'000, ChunkEncoding::kXor2);
BENCHMARK_CAPTURE(encode_runs, xor2_integers_at_irregular_times, "integers", 0, ChunkEncoding::kXor2);
BENCHMARK_TEMPLATE(encode_histograms, Histogram);
BENCHMARK_TEMPLATE(encode_histograms, FloatHistogram);
BENCHMARK_CAPTURE(decode_chunks, constant, "constant");
BENCHMARK_CAPTURE(decode_chunks, integers, "integers");
BENCHMARK_CAPTURE(decode_chunks, hundredths, "hundredths");
BENCHMARK_CAPTURE(decode_chunks, noise, "noise");
BENCHMARK_CAPTURE(intern_keys, new_keys, false)->Arg(1 << 10)->Arg(1 << 20);
BENCHMARK_CAPTURE(intern_keys, known_keys, true)->Arg(1 << 10)->Arg(1 << 20);
BENCHMARK(write_index)->Arg(100'000)->Arg(1'000'000)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace promfill

BENCHMARK_MAIN();
