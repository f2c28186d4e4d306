// Upper and lower case of texts as Go's strings.ToUpper and strings.ToLower have it: character by character, by the
// simple mappings of Unicode 15.0, in no language in particular.
#pragma once

#include <string>
#include <string_view>

namespace promfill {

/// Bytes that are no UTF-8 become U+FFFD each, as in Go.
[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] std::string to_upper(std::string_view text);

}  // namespace promfill
