// Whether a chunk of any encoding is what Prometheus would write for the samples that it holds.
#pragma once

#include "chunk/chunk_meta.h"
#include "promfill/result.h"

namespace promfill {

/// Times of a chunk's first and last sample.
struct ChunkEnds {
  Timestamp first;
  Timestamp last;
};

/// Decode every sample of a chunk and encode them again.
/// @error kCorrupt  it doesn't decode, times do not rise, a histogram can't be, or the bytes are others.
Result<ChunkEnds> check_chunk(ChunkEncoding encoding, ByteView data);

/// The time of its first sample. @error kCorrupt
Result<Timestamp> first_time(ChunkEncoding encoding, ByteView data);

}  // namespace promfill
