// Records that can't be used, as text for the rejects file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "model/column.h"
#include "promfill/record_type.h"

namespace promfill {

/// As far as it can be shown: UTF-8, and not too long.
[[nodiscard]] std::string shown_text(std::string_view text);
/// The row's time as the number that it is; null is "".
[[nodiscard]] std::string time_text(const ColumnView& times, std::size_t row);
/// A record as a JSON object on one line: its time, its labels, its metrics' members. NaN and infinities are strings.
/// @param one     the range of the one row; its times are times[one.begin].
/// @param labels  bytes of a LabelSink.
[[nodiscard]] std::string record_text(const RecordType& type, const RowRange& one, const ColumnView& times,
                                      std::string_view labels);

}  // namespace promfill
