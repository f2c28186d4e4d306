// See series_merge.h.
#include "merge/series_merge.h"

#include <algorithm>

#include "chunk/xor2_chunk.h"
#include "chunk/xor_chunk.h"

namespace promfill {

Result<std::span<const ChunkView>> SeriesMerge::merge(std::vector<SeriesPiece>& pieces, DuplicateTally& tally) {
  PROMFILL_ASSERT(!pieces.empty());
  // Order of offers: a value that could be appended was offered before any late one of its time.
  const auto offered_before = [](const SeriesPiece& a, const SeriesPiece& b) {
    if (a.generation != b.generation) return a.generation < b.generation;
    return a.role != ChunkRole::kLate && b.role == ChunkRole::kLate;
  };
  if (!std::is_sorted(pieces.begin(), pieces.end(), offered_before)) {
    std::stable_sort(pieces.begin(), pieces.end(), offered_before);
  }
  views_.clear();
  const auto is_records = [](const SeriesPiece& piece) { return piece.chunk.encoding == ChunkEncoding::kRecords; };
  if (std::any_of(pieces.begin(), pieces.end(), is_records)) {
    PROMFILL_TRY_STATUS(encode_records(pieces, tally));
    return std::span<const ChunkView>(views_);
  }
  std::size_t final = 0;  // chunks at the front that are as Prometheus cuts them, one behind the other
  while (final < pieces.size() && pieces[final].role != ChunkRole::kLate &&
         (final == 0 ||
          (pieces[final - 1].role == ChunkRole::kFinal && pieces[final].chunk.mint > pieces[final - 1].chunk.maxt))) {
    ++final;
  }
  if (final < pieces.size()) {
    Timestamp earliest = kTimestampMax;
    for (std::size_t i = final; i < pieces.size(); ++i) earliest = std::min(earliest, pieces[i].chunk.mint);
    // The cut rule starts afresh with every chunk: those that end before the earliest belongs in keep their bytes.
    if (final > 0) --final;
    while (final > 0 && pieces[final].chunk.mint > earliest) --final;
  }
  for (std::size_t i = 0; i < final; ++i) views_.push_back(pieces[i].chunk);
  if (final < pieces.size()) PROMFILL_TRY_STATUS(encode_from(std::span(pieces).subspan(final), tally));
  return std::span<const ChunkView>(views_);
}

Status SeriesMerge::encode_from(std::span<const SeriesPiece> pieces, DuplicateTally& tally) {
  decoded_.clear();
  for (const SeriesPiece& piece : pieces) {
    PROMFILL_TRY_STATUS(decode_float_chunk(piece.chunk.encoding, piece.chunk.data, decoded_));
  }
  PROMFILL_TRY_STATUS(sort_and_resolve(tally));
  encoded_ = encode_series_chunks(samples_, encoding_.chunk_range_ms, pieces.front().chunk.encoding);
  for (const EncodedChunk& chunk : encoded_) views_.push_back(chunk.view());
  return {};
}

Status SeriesMerge::sort_and_resolve(DuplicateTally& tally) {
  times_ms_.resize(decoded_.size());
  for (std::size_t i = 0; i < decoded_.size(); ++i) times_ms_[i] = decoded_[i].time.ms;
  const std::span<const std::uint32_t> rows = order_.sort(times_ms_);
  samples_.clear();
  for (std::size_t begin = 0; begin < rows.size();) {
    const std::int64_t time_ms = times_ms_[rows[begin]];
    std::size_t end = begin + 1;
    while (end < rows.size() && times_ms_[rows[end]] == time_ms) ++end;
    double value = decoded_[rows[begin]].value;
    if (end - begin > 1) {
      offered_.clear();
      for (std::size_t i = begin; i < end; ++i) offered_.push_back(decoded_[rows[i]].value);
      PROMFILL_TRY(value, resolve_duplicates({time_ms}, offered_, policy_, tally));
    }
    samples_.push_back({{time_ms}, value});
    begin = end;
  }
  return {};
}

/// All samples, decoded one after the other: which chunk a histogram goes into depends on the one before.
Status SeriesMerge::encode_records(std::span<const SeriesPiece> pieces, DuplicateTally& tally) {
  PROMFILL_TRY_STATUS(list_records(pieces));
  times_ms_.resize(records_.size());
  for (std::size_t i = 0; i < records_.size(); ++i) times_ms_[i] = records_[i].time.ms;
  const std::span<const std::uint32_t> rows = order_.sort(times_ms_);
  MixedSeriesEncoder encoder(encoding_);
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t end = begin + 1;
    while (end < rows.size() && times_ms_[rows[end]] == times_ms_[rows[begin]]) ++end;
    PROMFILL_TRY(const SampleRecord record, resolve_records(rows.subspan(begin, end - begin), tally));
    PROMFILL_TRY_STATUS(add_record(record, encoder));
    begin = end;
  }
  encoded_ = std::move(encoder).finish();
  for (const EncodedChunk& chunk : encoded_) views_.push_back(chunk.view());
  return {};
}

/// In order of offers. A series may have floats from elsewhere: rules can make two series one.
Status SeriesMerge::list_records(std::span<const SeriesPiece> pieces) {
  records_.clear();
  float_records_.clear();
  float_records_.reserve(pieces.size());
  for (const SeriesPiece& piece : pieces) {
    if (piece.chunk.encoding == ChunkEncoding::kRecords) {
      PROMFILL_TRY_STATUS(split_records(piece.chunk.data, records_));
      continue;
    }
    decoded_.clear();
    PROMFILL_TRY_STATUS(decode_float_chunk(piece.chunk.encoding, piece.chunk.data, decoded_));
    ByteWriter bytes;
    ByteWriter body;
    for (const Sample& sample : decoded_) {
      body.clear();
      encode_record_body(sample.value, body);
      append_record({sample.time, body.view()}, bytes);
    }
    PROMFILL_TRY_STATUS(split_records(float_records_.emplace_back(std::move(bytes).take()), records_));
  }
  return {};
}

/// One of those that were offered for a time. There is no least and no sum of histograms.
Result<SampleRecord> SeriesMerge::resolve_records(std::span<const std::uint32_t> rows, DuplicateTally& tally) const {
  SampleRecord kept = records_[rows.front()];
  if (rows.size() == 1) return kept;
  std::vector<SampleRecord> distinct{kept};
  for (const std::uint32_t row : rows.subspan(1)) {
    bool is_known = false;
    for (const SampleRecord& one : distinct) {
      PROMFILL_TRY(is_known, same_sample(one.body, records_[row].body));
      if (is_known) break;
    }
    if (is_known) {
      ++tally.merged;
    } else {
      ++tally.conflicting;
      distinct.push_back(records_[row]);
    }
  }
  if (distinct.size() == 1 || policy_ == DuplicatePolicy::kKeepFirst) return kept;
  if (policy_ == DuplicatePolicy::kKeepLast) return records_[rows.back()];
  const std::string what = policy_ == DuplicatePolicy::kFail
                               ? "two different histograms for the same series and time"
                               : "native histograms have no " + std::string(to_string(policy_));
  return Error{ErrorCode::kData, what, to_string(kept.time), "choose one with --on-duplicate keep-last or keep-first"};
}

Status SeriesMerge::add_record(const SampleRecord& record, MixedSeriesEncoder& encoder) {
  if (record.kind() == RecordKind::kHistogram) {
    PROMFILL_TRY_STATUS(decode_record_body(record.body, histogram_));
    histogram_.time = record.time;
    encoder.add(histogram_);
  } else if (record.kind() == RecordKind::kFloatHistogram) {
    PROMFILL_TRY_STATUS(decode_record_body(record.body, float_histogram_));
    float_histogram_.time = record.time;
    encoder.add(float_histogram_);
  } else {
    double value = 0;
    PROMFILL_TRY_STATUS(decode_record_body(record.body, value));
    encoder.add(Sample{record.time, value});
  }
  return {};
}

}  // namespace promfill
