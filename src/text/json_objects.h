// JSON objects a line each, whatever stands between them: elements of an array, objects printed over many lines.
#pragma once

#include <memory>
#include <string_view>

#include "file/byte_stream.h"

namespace promfill {

/// Whether a text has its objects a line each, judged by its first line that isn't blank.
[[nodiscard]] bool has_object_per_line(std::string_view sample);

/// Brackets of arrays around objects and commas between them are left out, line breaks within them become spaces. What
/// is no object stays, a line by itself, for who parses the lines to reject.
std::unique_ptr<ByteStream> read_json_objects(std::unique_ptr<ByteStream> json);

}  // namespace promfill
