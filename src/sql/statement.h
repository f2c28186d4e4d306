// What a user's SQL is, without understanding it: one statement that reads, told from its words.
#pragma once

#include <string>
#include <string_view>

#include "promfill/result.h"

namespace promfill {

/// The statement without the semicolon at its end and comments around it. Strings, quoted names, comments (nested
/// ones, too) and dollar quotes are passed over as SQL has them.
/// @error kUsage  none, or more than one; one that begins with neither SELECT, WITH, VALUES, TABLE nor FROM; one that
///        WITH makes write. The database is read-only besides: this is to say so early, and in better words.
Result<std::string> one_query(std::string_view sql);

}  // namespace promfill
