// Accounts for every byte of the segment files: record by record, held against the chunks that the index lists, decoded
// and encoded again. Private to the verifier.
//
// Records and index entries both rise, so one pass over each is enough; memory is one window of a segment.
#pragma once

#include <optional>
#include <string>

#include "block/meta_json.h"
#include "block/verify_findings.h"
#include "block/verify_index.h"
#include "chunk/chunk_meta.h"
#include "file/file_system.h"

namespace promfill {

/// Check the chunks of `block`, and count them and their samples into the findings' stats.
/// @param meta  what the block says of itself, or null where that could not be read.
/// @return the closed range of all samples by the index; nothing where there are none.
std::optional<ChunkMeta> verify_chunks(FileSystem& fs, const std::string& block, const WalkedIndex& index,
                                       const BlockMeta* meta, Findings& findings);

}  // namespace promfill
