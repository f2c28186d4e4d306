// JSON objects as a source: a line each (JSON lines, NDJSON), in an array, or one after another.
#pragma once

#include <memory>
#include <string>

#include "source/source.h"

namespace promfill {

/// @error kNotFound, kPermission, kIo; kData  no object in the beginning, another encoding than UTF-8.
Result<std::unique_ptr<Source>> open_json(std::string path, const SourceOptions& options);

}  // namespace promfill
