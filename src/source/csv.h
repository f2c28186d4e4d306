// CSV and TSV files through Arrow's parser: text becomes columns of the types that text/csv_layout.h finds, block by
// block.
//
// A file is read in parts at the same time, each from the first line that begins in it; where lines may break within
// quotes that isn't known, and it is one part. Cells that are not what their column is otherwise, and lines with too
// many or too few cells, are handed on as such (model/column.h): nothing is left out, nothing ends the job.
#pragma once

#include <memory>
#include <string>

#include "promfill/result.h"
#include "source/source.h"

namespace promfill {

/// @error as find_csv_layout, and kNotFound, kPermission, kIo.
Result<std::unique_ptr<Source>> open_csv(std::string path, const SourceOptions& options = {});

}  // namespace promfill
