// Reads a mapping file, version 1: YAML in, Mapping out. The keys are those of docs/mapping.md; a key that is not
// known, or belongs to a later version, is an error with its place, never ignored.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "promfill/mapping.h"
#include "promfill/result.h"

namespace promfill {

/// @param file  name of the file the text comes from, for messages.
/// @error kUsage  not YAML, an unknown key or word, a missing or doubled key; `where` is file:line:column.
Result<Mapping> parse_mapping(std::string_view text, std::string file);

/// Read a file of relabelling rules: a list of them, or an object whose relabel_configs is one, as in prometheus.yml.
/// @error kUsage  as parse_mapping.
Result<std::vector<RelabelRule>> parse_relabel_rules(std::string_view text, std::string file);

}  // namespace promfill
