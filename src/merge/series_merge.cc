// See series_merge.h.
#include "merge/series_merge.h"

#include <algorithm>
#include <bit>

#include "chunk/xor2_chunk.h"
#include "chunk/xor_chunk.h"
#include "histogram/fingerprint.h"

namespace promfill {
namespace {

Result<bool> is_stale_record(ByteView body) {
  PROMFILL_TRY(const std::uint64_t bits, record_fingerprint(body));
  return bits == kStaleNanBits;
}

}  // namespace

Result<std::span<const ChunkView>> SeriesMerge::merge(std::vector<SeriesPiece>& pieces, WindowTally& tally) {
  PROMFILL_ASSERT(!pieces.empty());
  take_tail(pieces);
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
  const bool of_histogram = tail_ && !holds_floats(tail_->chunk.encoding);
  if (of_histogram || std::any_of(pieces.begin(), pieces.end(), is_records)) {
    PROMFILL_TRY_STATUS(encode_records(pieces, tally));
    return std::span<const ChunkView>(views_);
  }
  const std::size_t final = count_final(pieces);
  if (staleness_.wanted()) {
    PROMFILL_TRY_STATUS(encode_with_markers(pieces, final, tally));
    return std::span<const ChunkView>(views_);
  }
  for (std::size_t i = 0; i < final; ++i) views_.push_back(pieces[i].chunk);
  if (final < pieces.size()) PROMFILL_TRY_STATUS(encode_from(std::span(pieces).subspan(final), tally));
  return std::span<const ChunkView>(views_);
}

void SeriesMerge::take_tail(std::vector<SeriesPiece>& pieces) {
  tail_.reset();
  if (!staleness_.wanted()) return;
  const auto at = std::find_if(pieces.begin(), pieces.end(), [](const SeriesPiece& piece) { return piece.is_tail; });
  if (at != pieces.end()) {
    tail_ = *at;
    pieces.erase(at);
  }
  staleness_.begin(tail_ ? std::optional(tail_->chunk.maxt) : std::nullopt);
}

/// Chunks at the front that stay as they are: as Prometheus cuts them, one behind the other, and nothing belongs
/// between.
std::size_t SeriesMerge::count_final(std::span<const SeriesPiece> pieces) {
  std::size_t final = 0;
  while (final < pieces.size() && pieces[final].role != ChunkRole::kLate &&
         (final == 0 ||
          (pieces[final - 1].role == ChunkRole::kFinal && pieces[final].chunk.mint > pieces[final - 1].chunk.maxt))) {
    ++final;
  }
  if (final == pieces.size()) return final;
  Timestamp earliest = kTimestampMax;
  for (std::size_t i = final; i < pieces.size(); ++i) earliest = std::min(earliest, pieces[i].chunk.mint);
  // The cut rule starts afresh with every chunk: those that end before the earliest belongs in keep their bytes.
  if (final > 0) --final;
  while (final > 0 && pieces[final].chunk.mint > earliest) --final;
  return final;
}

Status SeriesMerge::encode_from(std::span<const SeriesPiece> pieces, WindowTally& tally) {
  decoded_.clear();
  for (const SeriesPiece& piece : pieces) {
    PROMFILL_TRY_STATUS(decode_float_chunk(piece.chunk.encoding, piece.chunk.data, decoded_));
  }
  PROMFILL_TRY_STATUS(sort_and_resolve(tally.duplicates));
  keep_chunks(encode_series_chunks(samples_, encoding_.chunk_range_ms, pieces.front().chunk.encoding));
  return {};
}

/// Every sample has to be looked at, but what is final stays where no marker comes in.
Status SeriesMerge::encode_with_markers(std::span<const SeriesPiece> pieces, std::size_t final, WindowTally& tally) {
  decoded_.clear();
  for (const SeriesPiece& piece : pieces) {
    PROMFILL_TRY_STATUS(decode_float_chunk(piece.chunk.encoding, piece.chunk.data, decoded_));
  }
  const bool is_final = final == pieces.size();
  if (is_final) {
    samples_.assign(decoded_.begin(), decoded_.end());
  } else {
    PROMFILL_TRY_STATUS(sort_and_resolve(tally.duplicates));
  }
  const std::uint64_t markers = add_markers();
  tally.generated += markers;
  if (is_final && markers == 0) {
    for (const SeriesPiece& piece : pieces) views_.push_back(piece.chunk);
  } else if (!marked_.empty()) {
    keep_chunks(encode_series_chunks(marked_, encoding_.chunk_range_ms, encoding_.floats));
  }
  return {};
}

/// marked_: samples_ with the markers between and behind. @return how many these are.
std::uint64_t SeriesMerge::add_markers() {
  const Sample marker{{}, std::bit_cast<double>(kStaleNanBits)};
  marked_.clear();
  for (const Sample& sample : samples_) {
    const std::optional<Timestamp> stale = staleness_.pass(sample.time, sample.bits() == kStaleNanBits);
    if (stale) marked_.push_back({*stale, marker.value});
    marked_.push_back(sample);
  }
  if (const std::optional<Timestamp> stale = staleness_.at_end(window_end_)) marked_.push_back({*stale, marker.value});
  return marked_.size() - samples_.size();
}

void SeriesMerge::keep_chunks(std::vector<EncodedChunk> chunks) {
  encoded_ = std::move(chunks);
  for (const EncodedChunk& chunk : encoded_) views_.push_back(chunk.view());
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
Status SeriesMerge::encode_records(std::span<const SeriesPiece> pieces, WindowTally& tally) {
  PROMFILL_TRY_STATUS(list_records(pieces));
  PROMFILL_TRY_STATUS(take_zero_starts());
  times_ms_.resize(records_.size());
  for (std::size_t i = 0; i < records_.size(); ++i) times_ms_[i] = records_[i].time.ms;
  const std::span<const std::uint32_t> rows = order_.sort(times_ms_);
  MixedSeriesEncoder encoder(encoding_);
  if (tail_) encoder.follow(tail_->chunk.encoding);
  const auto generate = [&](std::optional<Timestamp> time, double value) {
    if (!time) return;
    encoder.add(Sample{*time, value});
    ++tally.generated;
  };
  const double stale = std::bit_cast<double>(kStaleNanBits);
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t end = begin + 1;
    while (end < rows.size() && times_ms_[rows[end]] == times_ms_[rows[begin]]) ++end;
    PROMFILL_TRY(const SampleRecord record, resolve_records(rows.subspan(begin, end - begin), tally.duplicates));
    const std::optional<Timestamp> zero = zero_before(record.time);
    if (staleness_.wanted()) {
      if (zero) generate(staleness_.pass(*zero, false), stale);
      generate(zero, 0);
      PROMFILL_TRY(const bool is_stale, is_stale_record(record.body));
      generate(staleness_.pass(record.time, is_stale), stale);
    } else {
      generate(zero, 0);
    }
    PROMFILL_TRY_STATUS(add_record(record, encoder));
    begin = end;
  }
  const std::optional<Timestamp> zero = zero_before(kTimestampMax);
  if (zero && staleness_.wanted()) generate(staleness_.pass(*zero, false), stale);
  generate(zero, 0);
  if (staleness_.wanted()) generate(staleness_.at_end(window_end_), stale);
  keep_chunks(std::move(encoder).finish());
  return {};
}

/// Out of records_: they are no samples yet.
Status SeriesMerge::take_zero_starts() {
  zeros_.clear();
  next_zero_ = 0;
  const auto is_zero = [](const SampleRecord& record) { return record.kind() == RecordKind::kZeroStart; };
  for (const SampleRecord& record : records_) {
    if (!is_zero(record)) continue;
    PROMFILL_TRY(const Timestamp declared, decode_zero_start(record.body));
    zeros_.push_back({record.time, declared});
  }
  if (zeros_.empty()) return {};
  std::erase_if(records_, is_zero);
  std::sort(zeros_.begin(), zeros_.end());
  return {};
}

/// The start that lies between the last sample and the next, at `next`: of the sample that follows it first. One that
/// has a sample between itself and the one that tells of it is none: that sample was counted from somewhere else.
std::optional<Timestamp> SeriesMerge::zero_before(Timestamp next) {
  std::optional<ZeroStart> found;
  for (; next_zero_ < zeros_.size() && zeros_[next_zero_].time <= next; ++next_zero_) {
    const ZeroStart& zero = zeros_[next_zero_];
    const bool is_told_first = zero.time < next && zero.declared <= next;
    if (is_told_first && (!found || zero.declared < found->declared)) found = zero;
  }
  return found ? std::optional(found->time) : std::nullopt;
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
    StartedSample sample;
    PROMFILL_TRY_STATUS(decode_record_body(record.body, sample));
    sample.sample.time = record.time;
    encoder.add(sample);
  }
  return {};
}

}  // namespace promfill
