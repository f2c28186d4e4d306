// Samples of any kind as bytes of ours, for memory and runs: what a job holds of series with native histograms until
// their chunks can be cut, which takes all samples of a window in order of time. Never in a block.
//
//   records   = records, one behind the other
//   record    = varint time | uvarint length | body
//   body      = u8 kind | float: BE64 value | started float: varint start time | BE64 value | zero start: varint time
//             | histogram: varint start time | u8 counter reset | varint schema | BE64 zero threshold
//               | spans of the positive side | of the negative side | uvarint n | n × BE64 custom bound
//               | count | zero count | BE64 sum | n × bucket
//   spans     = uvarint n | n × (varint offset | uvarint length)
//   count     = uvarint, in float histograms BE64
//   bucket    = varint: the difference to the one before; in float histograms BE64
#pragma once

#include <cstdint>
#include <vector>

#include "chunk/xor2_chunk.h"
#include "encoding/byte_reader.h"
#include "encoding/byte_writer.h"
#include "promfill/histogram.h"
#include "promfill/result.h"

namespace promfill {

/// What a body begins with.
enum class RecordKind : std::uint8_t {
  kFloat = 0,
  kHistogram = 1,
  kFloatHistogram = 2,
  kStartedFloat = 3,
  kZeroStart = 4,  ///< a counter's 0 at its start, if no sample of the series lies before the one that says so
};

void encode_record_body(double value, ByteWriter& out);
/// @param sample  its time is no part of the body. Without a start time it is a float.
void encode_record_body(const StartedSample& sample, ByteWriter& out);
/// A kZeroStart. @param declared  time of the sample that says when the counting began.
void encode_zero_start(Timestamp declared, ByteWriter& out);
/// @param sample  its time is no part of the body.
void encode_record_body(const HistogramSample<Histogram>& sample, ByteWriter& out);
void encode_record_body(const HistogramSample<FloatHistogram>& sample, ByteWriter& out);

/// One record among others, not looked into yet.
struct SampleRecord {
  Timestamp time;
  ByteView body;  ///< not empty

  [[nodiscard]] RecordKind kind() const { return static_cast<RecordKind>(body[0]); }
};

/// Append a record.
void append_record(const SampleRecord& record, ByteWriter& out);
/// Append every record of `data` to `out`; bodies are borrowed. @error kCorrupt
Status split_records(ByteView data, std::vector<SampleRecord>& out);

/// Decode a body of that kind. `out` may be used again: its memory is.
/// @error kCorrupt  damage, or a histogram that can't be.
Status decode_record_body(ByteView body, double& out);
/// Of a float with or without a start time. @param out  its time is left as it is.
Status decode_record_body(ByteView body, StartedSample& out);
/// @return when the sample was that says when the counting began.
Result<Timestamp> decode_zero_start(ByteView body);
Status decode_record_body(ByteView body, HistogramSample<Histogram>& out);
Status decode_record_body(ByteView body, HistogramSample<FloatHistogram>& out);

/// Whether two bodies are the same sample: the same bits, or the same distribution written in other spans.
/// @error kCorrupt
Result<bool> same_sample(ByteView a, ByteView b);

}  // namespace promfill
