// Whether bytes are text that we read: UTF-8.
#pragma once

#include <string>
#include <string_view>

#include "promfill/result.h"

namespace promfill {

/// @param sample  the beginning of a file. @param complete  whether it is all of it: else the last line may be cut off.
/// @error kData  UTF-16, NUL bytes, a line that is not UTF-8; with the way out.
Status check_encoding(std::string_view sample, bool complete, const std::string& name);

}  // namespace promfill
