// Texts out of files, shown on a terminal: names and values of input may hold bytes that move its cursor or worse.
#pragma once

#include <string>
#include <string_view>

namespace promfill::cli {

/// `text` with control characters (but line breaks and tabs) and bytes that are no UTF-8 as \xNN.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace promfill::cli
