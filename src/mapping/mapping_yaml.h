// Reads a mapping file, version 1: YAML in, Mapping out. The keys are those of docs/mapping.md; a key that is not
// known, or belongs to a later version, is an error with its place, never ignored.
#pragma once

#include <string>
#include <string_view>

#include "promfill/mapping.h"
#include "promfill/result.h"

namespace promfill {

/// @param file  name of the file the text comes from, for messages.
/// @error kUsage  not YAML, an unknown key or word, a missing or doubled key; `where` is file:line:column.
Result<Mapping> parse_mapping(std::string_view text, std::string file);

}  // namespace promfill
