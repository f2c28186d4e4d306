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
  views_.clear();
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
  encoded_ = encode_series_chunks(samples_, chunk_range_ms_, pieces.front().chunk.encoding);
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

}  // namespace promfill
