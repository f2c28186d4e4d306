// Parquet files. A row group is a piece; its own row count is the truth, as footers exist that lie about the file's.
#pragma once

#include <memory>
#include <string>

#include "promfill/result.h"
#include "source/source.h"

namespace promfill {

/// Open by reading the footer only.
/// @error kNotFound, kPermission, kIo; kCorrupt  not a Parquet file, or a damaged one.
Result<std::unique_ptr<Source>> open_parquet(std::string path, const SourceOptions& options = {});

}  // namespace promfill
