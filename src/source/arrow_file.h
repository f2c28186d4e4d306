// Arrow's own files (IPC, Feather 2), its streams, and ORC as sources: whatever gives record batches.
#pragma once

#include <memory>
#include <string>

#include "source/source.h"

namespace arrow {
class RecordBatchReader;
}  // namespace arrow

namespace promfill {

/// An Arrow IPC file, whose pieces are its record batches, or a stream, which is one piece.
/// @error kNotFound, kPermission, kIo; kCorrupt  what is no such file, or damaged; kUsage  Feather 1.
Result<std::unique_ptr<Source>> open_arrow_ipc(std::string path, const SourceOptions& options);

/// An ORC file, whose pieces are its stripes. @error as above.
Result<std::unique_ptr<Source>> open_orc(std::string path, const SourceOptions& options);

/// All batches of an Arrow or ORC file, one after another, as they are in it: for those that take Arrow's.
/// @error as above
Result<std::shared_ptr<arrow::RecordBatchReader>> open_record_batches(const std::string& path,
                                                                      const SourceOptions& options);

}  // namespace promfill
