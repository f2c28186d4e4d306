// Arrow's own files (IPC, Feather 2), its streams, and ORC as sources: whatever gives record batches.
#pragma once

#include <memory>
#include <string>

#include "source/source.h"

namespace promfill {

/// An Arrow IPC file, whose pieces are its record batches, or a stream, which is one piece.
/// @error kNotFound, kPermission, kIo; kCorrupt  what is no such file, or damaged; kUsage  Feather 1.
Result<std::unique_ptr<Source>> open_arrow_ipc(std::string path, const SourceOptions& options);

/// An ORC file, whose pieces are its stripes. @error as above.
Result<std::unique_ptr<Source>> open_orc(std::string path, const SourceOptions& options);

}  // namespace promfill
