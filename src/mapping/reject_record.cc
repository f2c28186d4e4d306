#include "mapping/reject_record.h"

#include <charconv>
#include <cmath>

#include "promfill/labels.h"

namespace promfill {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

/// Length of the UTF-8 character at the start of `text`, or 0 where there is none.
std::size_t character_length(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    if (is_valid_utf8(text.substr(0, length))) return length;
  }
  return 0;
}

std::string replace_invalid_utf8(std::string_view text) {
  if (is_valid_utf8(text)) return std::string(text);
  std::string result;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    result += length > 0 ? text.substr(0, length) : kReplacement;
    text.remove_prefix(length > 0 ? length : 1);
  }
  return result;
}

std::string shown_text(std::string_view text) {
  if (text.size() <= kShownTextBytesMax) return replace_invalid_utf8(text);
  std::size_t end = kShownTextBytesMax;
  // Back to the start of the character that is cut; a longer tail of continuation bytes is none.
  while (end > kShownTextBytesMax - 4 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return replace_invalid_utf8(text.substr(0, end)) + std::string(kEllipsis);
}

void append_json_string(std::string_view text, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : replace_invalid_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string double_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

void append_json_value(const ColumnView& column, std::int64_t row, std::string& out);

/// [1,2] of a list, [[1,2],[3,4]] of pairs.
std::string list_text(const ColumnView& column, std::int64_t row) {
  std::string text = "[";
  const auto [begin, end] = column.elements(row);
  for (std::int32_t i = begin; i < end; ++i) {
    if (i > begin) text += ',';
    if (column.seconds != nullptr) text += '[';
    append_json_value(*column.items, i, text);
    if (column.seconds == nullptr) continue;
    text += ',';
    append_json_value(*column.seconds, i, text);
    text += ']';
  }
  return text + "]";
}

void append_json_value(const ColumnView& column, std::int64_t row, std::string& out) {
  if (!column.valid(row)) {
    out += "null";
    return;
  }
  const bool plain = column.kind == ColumnKind::kInt64 || column.kind == ColumnKind::kUint64 ||
                     column.kind == ColumnKind::kTimestamp || column.kind == ColumnKind::kDuration ||
                     column.kind == ColumnKind::kBool || column.kind == ColumnKind::kList ||
                     column.kind == ColumnKind::kPairs ||
                     (column.kind == ColumnKind::kDouble && std::isfinite(column.doubles()[row]));
  const std::string text = value_text(column, row);
  if (plain) {
    out += text;
  } else {
    append_json_string(text, out);
  }
}

}  // namespace

std::string_view reason_of(RowVerdict verdict) {
  switch (verdict) {
    case RowVerdict::kNullTimestamp:
      return "null_timestamp";
    case RowVerdict::kInvalidTimestamp:
      return "invalid_timestamp";
    case RowVerdict::kTimestampOverflow:
      return "timestamp_overflow";
    case RowVerdict::kImplausibleTimestamp:
      return "implausible_timestamp";
    case RowVerdict::kAmbiguousTimestamp:
      return "ambiguous_timestamp";
    case RowVerdict::kNonexistentTimestamp:
      return "nonexistent_timestamp";
    case RowVerdict::kInvalidUtf8:
      return "invalid_utf8";
    case RowVerdict::kLabelValueTooLong:
      return "label_value_too_long";
    case RowVerdict::kNullLabel:
      return "null_label";
    case RowVerdict::kNullMetricName:
      return "null_metric_name";
    case RowVerdict::kInvalidMetricName:
      return "invalid_metric_name";
    case RowVerdict::kUnmatchedLabel:
      return "unmatched_label";
    case RowVerdict::kInvalidJsonLabels:
      return "invalid_json_labels";
    case RowVerdict::kRepeatedLabel:
      return "repeated_label";
    case RowVerdict::kTooManyLabels:
      return "too_many_labels";
    case RowVerdict::kKept:
    case RowVerdict::kOutOfWindow:
      break;
  }
  return "";
}

RowVerdict verdict_of(LabelTrouble trouble) {
  switch (trouble) {
    case LabelTrouble::kNone:
      return RowVerdict::kKept;
    case LabelTrouble::kNotUtf8:
      return RowVerdict::kInvalidUtf8;
    case LabelTrouble::kTooLong:
      return RowVerdict::kLabelValueTooLong;
    case LabelTrouble::kNull:
      return RowVerdict::kNullLabel;
    case LabelTrouble::kNoMetricName:
      return RowVerdict::kNullMetricName;
    case LabelTrouble::kInvalidMetricName:
      return RowVerdict::kInvalidMetricName;
    case LabelTrouble::kNoMatch:
      return RowVerdict::kUnmatchedLabel;
    case LabelTrouble::kNotJson:
    case LabelTrouble::kNestedJson:
      return RowVerdict::kInvalidJsonLabels;
    case LabelTrouble::kRepeatedName:
      return RowVerdict::kRepeatedLabel;
    case LabelTrouble::kTooManyLabels:
      return RowVerdict::kTooManyLabels;
  }
  return RowVerdict::kKept;
}

std::string value_text(const ColumnView& column, std::int64_t row) {
  if (!column.valid(row)) return "";
  switch (column.kind) {
    case ColumnKind::kInt64:
    case ColumnKind::kTimestamp:
    case ColumnKind::kDuration:
      return std::to_string(column.int64s()[row]);
    case ColumnKind::kUint64:
      return std::to_string(column.uint64s()[row]);
    case ColumnKind::kDouble:
      return double_text(column.doubles()[row]);
    case ColumnKind::kBool:
      return column.boolean(row) ? "true" : "false";
    case ColumnKind::kUtf8:
      return shown_text(column.text(row));
    case ColumnKind::kDictionary: {
      const std::int32_t entry = column.codes()[row];
      return column.dictionary->valid(entry) ? shown_text(column.dictionary->text(entry)) : "";
    }
    case ColumnKind::kList:
    case ColumnKind::kPairs:
      return list_text(column, row);
    case ColumnKind::kRecords:
    case ColumnKind::kOther:
      break;
  }
  return "";
}

std::string record_json(const Plan& plan, const ColumnBatch& batch, std::int64_t row) {
  std::string json = "{";
  for (std::size_t i = 0; i < plan.columns().size(); ++i) {
    if (i > 0) json += ',';
    append_json_string(plan.column_names()[i], json);
    json += ':';
    append_json_value(batch.columns[i], row, json);
  }
  json += '}';
  return json;
}

}  // namespace promfill
