// A mapping as the text of a mapping file, version 1: what `plan --write-map` writes, for people to read and edit.
#pragma once

#include <span>
#include <string>

#include "promfill/mapping.h"

namespace promfill {

/// parse_mapping of it gives the mapping back, places apart.
/// @param reasons  why it is as it is: comments at the top.
[[nodiscard]] std::string mapping_text(const Mapping& mapping, std::span<const std::string> reasons = {});

}  // namespace promfill
