// Chunks of native histograms (encodings 2 and 3, with start times 5 and 6): one layout of buckets for all samples,
// then counts sample by sample: of integer histograms as differences of differences, of float histograms XORed. Bytes:
// docs/format/chunks.md; source: tsdb/chunkenc/histogram.go, float_histogram.go, histogram_meta.go, histogram_st.go.
//
// Writer and reader are twins: what the one asserts, the other checks. Which samples go into which chunk is decided in
// histogram_appender.h.
#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

#include "chunk/chunk_meta.h"
#include "chunk/start_times.h"
#include "chunk/xored_value.h"
#include "encoding/bit_reader.h"
#include "encoding/bit_writer.h"
#include "promfill/histogram.h"
#include "promfill/result.h"

namespace promfill {

/// What a chunk's header says of the counts between the chunk before and this one.
enum class CounterResetHeader : std::uint8_t { kUnknown = 0, kNotReset = 1, kReset = 2, kGauge = 3 };

template <typename H>
inline constexpr bool kIsInteger = std::is_same_v<H, Histogram>;
template <typename H>
inline constexpr ChunkEncoding kHistogramEncoding =
    kIsInteger<H> ? ChunkEncoding::kHistogram : ChunkEncoding::kFloatHistogram;
template <typename H>
inline constexpr ChunkEncoding kHistogramStEncoding =
    kIsInteger<H> ? ChunkEncoding::kHistogramSt : ChunkEncoding::kFloatHistogramSt;

/// An integer that is written as the change of its change.
struct CountState {
  std::int64_t value = 0;
  std::int64_t change = 0;

  void write(BitWriter& out, std::int64_t next) {
    const std::int64_t next_change = wrapping_sub(next, value);
    put_varbit(out, wrapping_sub(next_change, change));
    change = next_change;
    value = next;
  }
  void read(BitReader& in) {
    change = wrapping_add(change, read_varbit(in));
    value = wrapping_add(value, change);
  }
};

/// A sample's numbers as writer and reader remember them.
template <typename H>
struct HistogramState {
  using Number = std::conditional_t<kIsInteger<H>, CountState, XoredValue>;

  CountState time;
  Number count;
  Number zero_count;
  XoredValue sum;
  std::vector<Number> buckets;  ///< positive ones, then negative ones
  std::size_t positive = 0;     ///< how many are positive
};

template <typename H>
class HistogramChunkWriter {
 public:
  /// @param with_start_times  encoding 5 or 6.
  explicit HistogramChunkWriter(bool with_start_times = false) : with_start_times_(with_start_times) {}

  /// Forget what there is, and begin a chunk with this sample, whose layout is that of all. A stale one has none.
  void begin(CounterResetHeader header, const HistogramSample<H>& sample);
  /// @pre stale, or its buckets are those of layout(), in that order; later than the last, fewer than samples_max().
  void append(const HistogramSample<H>& sample);
  /// Write the samples again for another layout, of which `positive` and `negative` are the places of the buckets there
  /// are now. Buckets that are new are empty.
  void lay_out(const HistogramLayout& layout, std::span<const std::uint32_t> positive,
               std::span<const std::uint32_t> negative);

  [[nodiscard]] std::uint32_t samples() const { return samples_; }
  [[nodiscard]] std::uint32_t samples_max() const { return with_start_times_ ? 0x3fff : 0xffff; }
  [[nodiscard]] std::size_t bytes() const { return out_.size(); }
  [[nodiscard]] const HistogramLayout& layout() const { return layout_; }
  [[nodiscard]] CounterResetHeader header() const { return header_; }
  [[nodiscard]] const HistogramState<H>& last() const { return state_; }
  [[nodiscard]] bool last_is_stale() const { return state_.sum.value_bits == kStaleNanBits; }
  [[nodiscard]] Timestamp first_time() const { return first_; }
  [[nodiscard]] Timestamp last_time() const { return {state_.time.value}; }
  /// The chunk as far as it is written, with a header of the caller's.
  [[nodiscard]] EncodedChunk chunk(CounterResetHeader header) const;

 private:
  void write_first(const HistogramSample<H>& sample, bool stale);
  void write_later(const HistogramSample<H>& sample, bool stale);

  BitWriter out_;
  bool with_start_times_;
  std::uint32_t samples_ = 0;
  CounterResetHeader header_ = CounterResetHeader::kUnknown;
  Timestamp first_{};
  HistogramLayout layout_;
  HistogramState<H> state_;
  StartTimeWriter starts_;
};

/// Walks a chunk; safe on any bytes. Buckets, spans and hints are as Prometheus's own iterator gives them: a stale
/// sample has no layout, and only gauges and later samples of a chunk have a hint.
template <typename H>
class HistogramChunkDecoder {
 public:
  /// @param data  borrowed until the decoder goes. @param encoding  one of H's.
  HistogramChunkDecoder(ChunkEncoding encoding, ByteView data);

  /// The next sample; false at the end or at damage, which status() tells apart. `out` may be used again.
  bool next(HistogramSample<H>& out);
  [[nodiscard]] std::uint32_t samples_total() const { return total_; }
  [[nodiscard]] CounterResetHeader header() const { return header_; }
  /// @error kCorrupt
  [[nodiscard]] Status status() const;

 private:
  bool read_first();
  bool read_later();
  void give(HistogramSample<H>& out) const;

  BitReader bits_;
  bool with_start_times_ = false;
  bool damaged_ = false;
  CounterResetHeader header_ = CounterResetHeader::kUnknown;
  std::uint32_t total_ = 0;
  std::uint32_t read_ = 0;
  std::uint64_t buckets_max_ = 0;
  HistogramLayout layout_;
  HistogramState<H> state_;
  StartTimeReader starts_;
  std::int64_t start_ms_ = 0;
};

extern template class HistogramChunkWriter<Histogram>;
extern template class HistogramChunkWriter<FloatHistogram>;
extern template class HistogramChunkDecoder<Histogram>;
extern template class HistogramChunkDecoder<FloatHistogram>;

/// Append every sample of a chunk to `out`. @error kCorrupt
template <typename H>
Status decode_histogram_chunk(ChunkEncoding encoding, ByteView data, std::vector<HistogramSample<H>>& out) {
  HistogramChunkDecoder<H> decoder(encoding, data);
  for (HistogramSample<H> sample; decoder.next(sample);) out.push_back(sample);
  return decoder.status();
}

}  // namespace promfill
