// What JSON objects of a text are like, found out from its beginning: columns and their types.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/column.h"
#include "promfill/result.h"

namespace promfill {

struct JsonLayout {
  /// By first appearance. Members of objects within objects are columns, too: {"a": {"b": 1}} has a column a.b.
  std::vector<ColumnField> columns{};
  double row_bytes = 0;                  ///< of a row in the sample, on average
  std::vector<std::string> decisions{};  ///< what was found out, and why, a line each
};

/// Bytes of the beginning that are looked at.
inline constexpr std::size_t kJsonSampleBytes = 1 << 20;
/// Deeper objects are not looked into.
inline constexpr int kJsonDepthMax = 16;

/// @param sample  lines with an object each. @param complete  whether it is the whole text.
/// @error kData  text in another encoding, no object in it, too many columns.
Result<JsonLayout> find_json_layout(std::string_view sample, bool complete, const std::string& name);

}  // namespace promfill
