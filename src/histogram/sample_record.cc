// See sample_record.h.
#include "histogram/sample_record.h"

#include <algorithm>
#include <bit>
#include <type_traits>

namespace promfill {
namespace {

Error damaged() { return {ErrorCode::kCorrupt, "a record of a sample is damaged", "", ""}; }

void put_double(double value, ByteWriter& out) { out.be64(std::bit_cast<std::uint64_t>(value)); }
double read_double(ByteReader& in) { return std::bit_cast<double>(in.be64()); }

void put_spans(const std::vector<HistogramSpan>& spans, ByteWriter& out) {
  out.uvarint(spans.size());
  for (const HistogramSpan& span : spans) {
    out.varint(span.offset);
    out.uvarint(span.length);
  }
}

/// Each is of at least one byte, so that no length leads to more memory than there is input.
template <typename T, typename Read>
void read_list(ByteReader& in, std::uint64_t length, std::vector<T>& out, Read read) {
  out.resize(static_cast<std::size_t>(std::min<std::uint64_t>(length, in.remaining())));
  for (T& one : out) one = read();
  if (length > out.size()) in.raw(SIZE_MAX);  // from now on it fails
}

/// @return how many buckets they have.
std::uint64_t read_spans(ByteReader& in, std::vector<HistogramSpan>& out) {
  std::uint64_t buckets = 0;
  read_list(in, in.uvarint(), out, [&] {
    HistogramSpan span;
    span.offset = static_cast<std::int32_t>(in.varint());
    span.length = static_cast<std::uint32_t>(in.uvarint());
    buckets += span.length;
    return span;
  });
  return buckets;
}

template <typename H>
void encode_histogram(const HistogramSample<H>& sample, ByteWriter& out) {
  const H& histogram = sample.histogram;
  out.u8(
      static_cast<std::uint8_t>(std::is_same_v<H, Histogram> ? RecordKind::kHistogram : RecordKind::kFloatHistogram));
  out.varint(sample.start.ms);
  out.u8(static_cast<std::uint8_t>(histogram.counter_reset));
  out.varint(histogram.layout.schema);
  put_double(histogram.layout.zero_threshold, out);
  put_spans(histogram.layout.positive_spans, out);
  put_spans(histogram.layout.negative_spans, out);
  out.uvarint(histogram.layout.custom_bounds.size());
  for (const double bound : histogram.layout.custom_bounds) put_double(bound, out);
  const auto put = [&out](auto number) {
    if constexpr (std::is_same_v<decltype(number), double>) put_double(number, out);
    if constexpr (std::is_same_v<decltype(number), std::uint64_t>) out.uvarint(number);
    if constexpr (std::is_same_v<decltype(number), std::int64_t>) out.varint(number);
  };
  put(histogram.count);
  put(histogram.zero_count);
  put_double(histogram.sum, out);
  for (const auto bucket : histogram.positive) put(bucket);
  for (const auto bucket : histogram.negative) put(bucket);
}

template <typename H>
Status decode_histogram(ByteView body, HistogramSample<H>& out) {
  constexpr bool kInteger = std::is_same_v<H, Histogram>;
  ByteReader in(body);
  const RecordKind kind = kInteger ? RecordKind::kHistogram : RecordKind::kFloatHistogram;
  if (in.u8() != static_cast<std::uint8_t>(kind)) return damaged();
  H& histogram = out.histogram;
  out.start.ms = in.varint();
  const std::uint8_t reset = in.u8();
  if (reset > static_cast<std::uint8_t>(CounterReset::kGauge)) return damaged();
  histogram.counter_reset = static_cast<CounterReset>(reset);
  histogram.layout.schema = static_cast<std::int32_t>(in.varint());
  histogram.layout.zero_threshold = read_double(in);
  const std::uint64_t positive = read_spans(in, histogram.layout.positive_spans);
  const std::uint64_t negative = read_spans(in, histogram.layout.negative_spans);
  read_list(in, in.uvarint(), histogram.layout.custom_bounds, [&] { return read_double(in); });
  const auto read_count = [&in] {
    if constexpr (kInteger) {
      return in.uvarint();
    } else {
      return read_double(in);
    }
  };
  const auto read_bucket = [&in] {
    if constexpr (kInteger) {
      return in.varint();
    } else {
      return read_double(in);
    }
  };
  histogram.count = read_count();
  histogram.zero_count = read_count();
  histogram.sum = read_double(in);
  // A stale sample has no buckets, whatever its spans say.
  const bool has_buckets = !in.at_end();
  read_list(in, has_buckets ? positive : 0, histogram.positive, read_bucket);
  read_list(in, has_buckets ? negative : 0, histogram.negative, read_bucket);
  if (!in.ok() || !in.at_end()) return damaged();
  if (!histogram.is_stale() && !validate(histogram)) return damaged();
  return {};
}

template <typename H>
Result<bool> same_histogram(ByteView a, ByteView b) {
  HistogramSample<H> first;
  HistogramSample<H> second;
  PROMFILL_TRY_STATUS(decode_histogram(a, first));
  PROMFILL_TRY_STATUS(decode_histogram(b, second));
  return first.start == second.start && same_distribution(first.histogram, second.histogram);
}

}  // namespace

void encode_record_body(double value, ByteWriter& out) {
  out.u8(static_cast<std::uint8_t>(RecordKind::kFloat));
  put_double(value, out);
}
void encode_record_body(const StartedSample& sample, ByteWriter& out) {
  if (sample.start == Timestamp()) return encode_record_body(sample.sample.value, out);
  out.u8(static_cast<std::uint8_t>(RecordKind::kStartedFloat));
  out.varint(sample.start.ms);
  put_double(sample.sample.value, out);
}
void encode_zero_start(Timestamp declared, ByteWriter& out) {
  out.u8(static_cast<std::uint8_t>(RecordKind::kZeroStart));
  out.varint(declared.ms);
}
void encode_record_body(const HistogramSample<Histogram>& sample, ByteWriter& out) { encode_histogram(sample, out); }
void encode_record_body(const HistogramSample<FloatHistogram>& sample, ByteWriter& out) {
  encode_histogram(sample, out);
}

void append_record(const SampleRecord& record, ByteWriter& out) {
  out.varint(record.time.ms);
  out.uvarint(record.body.size());
  out.raw(record.body);
}

Status split_records(ByteView data, std::vector<SampleRecord>& out) {
  ByteReader in(data);
  while (!in.at_end()) {
    SampleRecord record;
    record.time.ms = in.varint();
    record.body = in.raw(static_cast<std::size_t>(in.uvarint()));
    if (!in.ok() || record.body.empty() || record.kind() > RecordKind::kZeroStart) return damaged();
    out.push_back(record);
  }
  return in.ok() ? Status() : Status(damaged());
}

Status decode_record_body(ByteView body, double& out) {
  ByteReader in(body);
  const bool is_float = in.u8() == static_cast<std::uint8_t>(RecordKind::kFloat);
  out = read_double(in);
  return is_float && in.ok() && in.at_end() ? Status() : Status(damaged());
}
Status decode_record_body(ByteView body, StartedSample& out) {
  ByteReader in(body);
  const auto kind = static_cast<RecordKind>(in.u8());
  out.start.ms = kind == RecordKind::kStartedFloat ? in.varint() : 0;
  out.sample.value = read_double(in);
  const bool is_float = kind == RecordKind::kFloat || kind == RecordKind::kStartedFloat;
  return is_float && in.ok() && in.at_end() ? Status() : Status(damaged());
}
Result<Timestamp> decode_zero_start(ByteView body) {
  ByteReader in(body);
  const bool is_zero = in.u8() == static_cast<std::uint8_t>(RecordKind::kZeroStart);
  const Timestamp declared{in.varint()};
  if (!is_zero || !in.ok() || !in.at_end()) return damaged();
  return declared;
}
Status decode_record_body(ByteView body, HistogramSample<Histogram>& out) { return decode_histogram(body, out); }
Status decode_record_body(ByteView body, HistogramSample<FloatHistogram>& out) { return decode_histogram(body, out); }

Result<bool> same_sample(ByteView a, ByteView b) {
  if (std::equal(a.begin(), a.end(), b.begin(), b.end())) return true;
  if (a.empty() || b.empty() || a[0] != b[0]) return false;
  switch (static_cast<RecordKind>(a[0])) {
    case RecordKind::kFloat:
    case RecordKind::kStartedFloat:
    case RecordKind::kZeroStart:
      return false;
    case RecordKind::kHistogram:
      return same_histogram<Histogram>(a, b);
    case RecordKind::kFloatHistogram:
      return same_histogram<FloatHistogram>(a, b);
  }
  return damaged();
}

}  // namespace promfill
