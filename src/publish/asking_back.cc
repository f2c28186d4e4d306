// See asking_back.h.
#include "publish/asking_back.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <thread>
#include <utility>

#include "block/block_reader.h"
#include "chunk/xor2_chunk.h"
#include "histogram/histogram_chunk.h"

namespace promfill {
namespace {

using Steady = std::chrono::steady_clock;

/// A query's range, so that no query is too much for the server (--query.max-samples is 50 million by default).
constexpr std::uint64_t kSamplesAQuery = 20'000'000;
constexpr std::size_t kChunksASeries = 60;
constexpr ServerVersion kQuotedNames{3, 0};  ///< and ranges that exclude their start

/// A series, or a part of it, as the server should give it.
struct Expected {
  Labels labels{};
  TimeRange range{};
  std::vector<Sample> samples{};  ///< without stale markers, which no range selector gives
};

struct ExpectedBlock {
  std::string name{};
  TimeRange range{};
  std::uint64_t samples = 0;  ///< without stale markers
  bool is_alone = false;      ///< no other block has samples in its range
  std::vector<Expected> series{};
};

template <typename H>
Status add_histograms(const ChunkRecord& record, std::vector<Sample>& out) {
  HistogramChunkDecoder<H> decoder(record.encoding, record.data);
  for (HistogramSample<H> sample; decoder.next(sample);) out.push_back({sample.time, sample.histogram.sum});
  return decoder.status();
}

/// Samples with native histograms as their sums; stale markers left out.
Status add_samples(const ChunkRecord& record, std::vector<Sample>& out) {
  if (holds_floats(record.encoding)) {
    PROMFILL_TRY_STATUS(decode_float_chunk(record.encoding, record.data, out));
  } else if (record.encoding == ChunkEncoding::kHistogram || record.encoding == ChunkEncoding::kHistogramSt) {
    PROMFILL_TRY_STATUS(add_histograms<Histogram>(record, out));
  } else {
    PROMFILL_TRY_STATUS(add_histograms<FloatHistogram>(record, out));
  }
  std::erase_if(out, [](const Sample& sample) { return sample.bits() == kStaleNanBits; });
  return {};
}

bool can_be_asked(const Labels& labels, ServerVersion version) {
  return version >= kQuotedNames ||
         std::ranges::all_of(labels, [](const Label& label) { return is_classic_label_name(label.name); });
}

/// Read `path` once: count, and keep `wanted` series by chance.
Result<ExpectedBlock> expect(FileSystem& fs, const std::string& path, std::size_t wanted, ServerVersion version,
                             std::mt19937_64& chance) {
  PROMFILL_TRY(const BlockReader reader, BlockReader::open(fs, path));
  ExpectedBlock block{.name = path, .range = reader.meta().range};
  PROMFILL_TRY(auto refs, reader.index().select({}));
  std::vector<SeriesRef> chosen;
  std::ranges::sample(refs, std::back_inserter(chosen), static_cast<std::ptrdiff_t>(wanted), chance);
  std::size_t next_chosen = 0;
  std::vector<Sample> samples;
  for (const SeriesRef ref : refs) {
    PROMFILL_TRY(IndexedSeries series, reader.index().series(ref));
    const bool is_chosen = next_chosen < chosen.size() && chosen[next_chosen] == ref;
    if (is_chosen) ++next_chosen;
    Expected expected{.labels = std::move(series.labels)};
    const std::size_t first =
        series.chunks.size() > kChunksASeries ? chance() % (series.chunks.size() - kChunksASeries) : 0;
    const std::size_t end = std::min(series.chunks.size(), first + kChunksASeries);
    for (std::size_t i = 0; i < series.chunks.size(); ++i) {
      samples.clear();
      PROMFILL_TRY(const ChunkRecord record, reader.segments().read(series.chunks[i].ref));
      PROMFILL_TRY_STATUS(add_samples(record, samples));
      block.samples += samples.size();
      if (!is_chosen || i < first || i >= end) continue;
      expected.samples.insert(expected.samples.end(), samples.begin(), samples.end());
    }
    expected.range = {series.chunks[first].mint, {series.chunks[end - 1].maxt.ms + 1}};
    if (is_chosen && can_be_asked(expected.labels, version)) block.series.push_back(std::move(expected));
  }
  return block;
}

bool is_same(const Sample& ours, const Sample& theirs) {
  return ours.time == theirs.time &&
         (ours.bits() == theirs.bits() || (std::isnan(ours.value) && std::isnan(theirs.value)));
}

/// What differs, in words; empty: nothing.
std::string compare(const Expected& expected, const std::vector<ServedSeries>& answer, bool is_alone) {
  const auto served = std::ranges::find(answer, expected.labels, &ServedSeries::labels);
  const std::string name = expected.labels.text();
  if (served == answer.end()) return expected.samples.empty() ? "" : name + " is not served";
  std::size_t at = 0;
  for (const Sample& theirs : served->samples) {
    if (!expected.range.contains(theirs.time)) continue;
    if (at < expected.samples.size() && is_same(expected.samples[at], theirs)) {
      ++at;
    } else if (is_alone || (at < expected.samples.size() && theirs.time >= expected.samples[at].time)) {
      return name + " has another sample at " + to_string(theirs.time);
    }
  }
  if (at == expected.samples.size()) return "";
  return name + " lacks the sample at " + to_string(expected.samples[at].time);
}

class Asking {
 public:
  Asking(Server& server, ServerVersion version) : server_(&server), version_(version) {}

  /// @return what differs; empty: all is served.
  Result<std::string> ask(const ExpectedBlock& block);
  [[nodiscard]] const AskedBack& total() const { return total_; }

 private:
  Result<double> count(const ExpectedBlock& block);

  Server* server_;
  ServerVersion version_;
  AskedBack total_;
};

/// In slices of time that hold few enough samples, if they are spread evenly.
Result<double> Asking::count(const ExpectedBlock& block) {
  const std::int64_t slices = static_cast<std::int64_t>(block.samples / kSamplesAQuery) + 1;
  const std::int64_t length_ms = block.range.max.ms - block.range.min.ms;
  const std::int64_t step_ms = std::max<std::int64_t>(length_ms / slices + 1, 2);
  double count = 0;
  for (std::int64_t from = block.range.min.ms; from < block.range.max.ms; from += step_ms) {
    const Timestamp last{std::min(from + step_ms, block.range.max.ms) - 1};
    PROMFILL_TRY(const double part, server_->sample_count({from}, last, version_ < kQuotedNames));
    count += part;
  }
  return count;
}

Result<std::string> Asking::ask(const ExpectedBlock& block) {
  PROMFILL_TRY(const double served, count(block));
  const auto expected = static_cast<double>(block.samples);
  // Before version 3 a range of one moment can't be asked for.
  const bool exact = block.is_alone && (version_ >= kQuotedNames || block.range.max.ms - block.range.min.ms > 1);
  if (served < expected || (exact && served != expected)) {
    return "the server has " + std::to_string(static_cast<std::uint64_t>(served)) + " samples where " +
           std::to_string(block.samples) + " were placed";
  }
  for (const Expected& series : block.series) {
    PROMFILL_TRY(const auto answer,
                 server_->samples(selector_of(series.labels), series.range.min, {series.range.max.ms - 1}));
    if (std::string difference = compare(series, answer, block.is_alone); !difference.empty()) return difference;
    ++total_.series;
    total_.samples += series.samples.size();
  }
  ++total_.blocks;
  return std::string();
}

bool overlaps_any(const DataDirectory& directory, TimeRange range) {
  return std::ranges::any_of(directory.blocks,
                             [range](const ExistingBlock& block) { return block.meta.range.overlaps(range); });
}

}  // namespace

Result<AskedBack> ask_back(FileSystem& fs, Server& server, const ServerFacts& facts, const DataDirectory& before,
                           const std::vector<PlacedPiece>& placed, const std::vector<Piece>& pieces,
                           const AskBackOptions& options) {
  const auto started = Steady::now();
  std::mt19937_64 chance(std::random_device{}());
  const std::size_t wanted =
      std::clamp<std::size_t>(options.series_max / std::max<std::size_t>(placed.size(), 1), 1, options.series_a_block);
  Asking asking(server, facts.version);
  for (const PlacedPiece& piece : placed) {
    std::string path = join_path(before.path, piece.block.ulid.text());
    // Merged meanwhile: then the source tells, if nothing was cut from it.
    if (!exists(fs, path)) {
      const auto source = std::ranges::find(pieces, piece.block.ulid, &Piece::ulid);
      if (source == pieces.end() || !source->is_whole()) continue;
      path = source->directory;
    }
    PROMFILL_TRY(ExpectedBlock block, expect(fs, path, wanted, facts.version, chance));
    const auto shares = [&](const PlacedPiece& other) {
      return other.block.ulid != piece.block.ulid && other.block.range.overlaps(block.range);
    };
    block.is_alone = !overlaps_any(before, block.range) && std::ranges::none_of(placed, shares);
    for (;;) {
      Result<std::string> difference = asking.ask(block);
      if (difference && difference->empty()) break;
      if (options.is_stopped && options.is_stopped()) return Error{ErrorCode::kStopped, "stopped", "", ""};
      if (Steady::now() - started > options.timeout) {
        if (!difference) return difference.error();
        return Error{ErrorCode::kData, *difference, path, "the server's log may say why"};
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
  }
  AskedBack total = asking.total();
  total.seconds = std::chrono::duration<double>(Steady::now() - started).count();
  return total;
}

}  // namespace promfill
