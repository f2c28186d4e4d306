// Rows that can't be used, as text: for the rejects file, where a person or a script mends them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mapping/entity_codes.h"
#include "mapping/plan.h"
#include "model/column.h"

namespace promfill {

/// What becomes of a row; all but kKept take it out of the batch.
enum class RowVerdict : std::uint8_t {
  kKept,
  kNullTimestamp,
  kInvalidTimestamp,  ///< NaN, infinite, or a text that is no time
  kTimestampOverflow,
  kImplausibleTimestamp,
  kAmbiguousTimestamp,    ///< a local time that comes twice
  kNonexistentTimestamp,  ///< a local time that clocks skip
  kInvalidUtf8,
  kLabelValueTooLong,
  kNullLabel,
  kNullMetricName,
  kInvalidMetricName,
  kUnmatchedLabel,
  kInvalidJsonLabels,
  kRepeatedLabel,
  kTooManyLabels,
  kOutOfWindow,  ///< the only one that is no reject
};

/// Key of Ledger::rejected_by_reason and Reject::reason; "" of a row that is no reject.
[[nodiscard]] std::string_view reason_of(RowVerdict verdict);
/// What a label's trouble makes of its rows.
[[nodiscard]] RowVerdict verdict_of(LabelTrouble trouble);

/// A text is shown so far: rejects must not take more memory than the rows.
inline constexpr std::size_t kShownTextBytesMax = 4096;

/// Value of a row as people write it; null is "". Bytes that are not UTF-8 become U+FFFD; of a text beyond
/// kShownTextBytesMax the whole characters that fit are shown, and an ellipsis.
[[nodiscard]] std::string value_text(const ColumnView& column, std::int64_t row);

/// The row's mapped columns as a JSON object on one line: {"id":"c_1","timestamp":null,"cpu":0.5}. Numbers stay
/// numbers, NaN and infinities become strings, timestamps are the number of the column's steps since 1970.
[[nodiscard]] std::string record_json(const Plan& plan, const ColumnBatch& batch, std::int64_t row);

}  // namespace promfill
