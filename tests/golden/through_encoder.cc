#include <algorithm>
#include <map>
#include <set>

#include "block/block_files_writer.h"
#include "block_staging.h"
#include "block_writing.h"
#include "chunk/xor_chunk.h"
#include "histogram/series_encoder.h"

namespace promfill {
namespace {

using SeriesMap = std::map<Labels, std::vector<AnySample>>;  // in the order of an index

Timestamp time_of(const AnySample& sample) {
  return std::visit([](const auto& one) { return one.time; }, sample);
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::map<std::int64_t, SeriesMap> group_by_window(std::span<const InputSeries> input, const BlockWriting& writing) {
  std::map<std::int64_t, SeriesMap> windows;
  for (const InputSeries& series : input) {
    const auto add = [&](const AnySample& sample) {
      const std::int64_t window = writing.one_block ? 0 : floor_divide(time_of(sample).ms, writing.block_duration.ms);
      windows[window][series.labels].push_back(sample);
    };
    for (const Sample& sample : series.samples) add(sample);
    for (const AnySample& sample : series.histograms) add(sample);
  }
  for (auto& [window, by_labels] : windows) {
    for (auto& [labels, samples] : by_labels) std::ranges::sort(samples, {}, time_of);
  }
  return windows;
}

std::vector<std::string_view> symbols_of(const SeriesMap& by_labels) {
  std::set<std::string_view> symbols;
  for (const auto& [labels, samples] : by_labels) {
    for (const Label& label : labels) {
      symbols.insert(label.name);
      symbols.insert(label.value);
    }
  }
  return {symbols.begin(), symbols.end()};
}

std::vector<EncodedChunk> encode(const std::vector<AnySample>& samples, const SeriesEncoding& encoding) {
  std::vector<Sample> floats;
  for (const AnySample& sample : samples) {
    if (!std::holds_alternative<Sample>(sample)) return encode_mixed_series(samples, encoding);
    floats.push_back(std::get<Sample>(sample));
  }
  return encode_series_chunks(floats, encoding.chunk_range_ms, encoding.floats);
}

Status write_block(const SeriesMap& by_labels, const std::string& directory, Ulid ulid,
                   const SeriesEncoding& encoding) {
  PROMFILL_TRY(BlockFilesWriter writer, BlockFilesWriter::create(real_file_system(), directory, ulid));
  const std::vector<std::string_view> symbols = symbols_of(by_labels);
  for (const std::string_view symbol : symbols) PROMFILL_TRY_STATUS(writer.add_symbol(symbol));
  const auto ref_of = [&](std::string_view text) {
    return SymbolRef{static_cast<std::uint32_t>(std::ranges::lower_bound(symbols, text) - symbols.begin()) + 1};
  };
  for (const auto& [labels, samples] : by_labels) {
    std::vector<SymbolPair> pairs;
    for (const Label& label : labels) pairs.push_back({ref_of(label.name), ref_of(label.value)});
    const std::vector<EncodedChunk> chunks = encode(samples, encoding);
    std::vector<ChunkView> views;
    for (const EncodedChunk& chunk : chunks) views.push_back(chunk.view());
    PROMFILL_TRY_STATUS(writer.add_series(pairs, views));
  }
  PROMFILL_TRY(const WrittenBlock written, std::move(writer).finish());
  static_cast<void>(written);
  return {};
}

}  // namespace

Result<std::vector<std::string>> write_through_encoder(std::span<const InputSeries> input,
                                                       const BlockWriting& writing) {
  PROMFILL_TRY_STATUS(create_directories(real_file_system(), writing.out));
  std::vector<std::string> directories;
  for (const auto& [window, by_labels] : group_by_window(input, writing)) {
    const Ulid ulid = block_ulid(directories.size());
    PROMFILL_TRY(std::string directory, stage_block(writing.out, ulid, [&](const std::string& staging) {
                   return write_block(by_labels, staging, ulid,
                                      {.chunk_range_ms = writing.range_factor * writing.block_duration.ms,
                                       .floats = writing.encoding,
                                       .histogram_start_times = writing.histogram_start_times});
                 }));
    directories.push_back(std::move(directory));
  }
  return directories;
}

}  // namespace promfill
