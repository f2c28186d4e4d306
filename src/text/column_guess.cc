#include "text/column_guess.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "text/plain_number.h"

namespace promfill {
namespace {

/// 007 is a name, 0 and 0.5 are numbers.
bool has_leading_zero(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

ColumnType named(ColumnKind kind, std::string words) { return {.kind = kind, .source_type = std::move(words)}; }

}  // namespace

void ColumnGuess::look_at(std::string_view text, const CellFormat& format) {
  if (takes_plain_numbers_ && !has_leading_zero(text)) {
    if (std::int64_t integer = 0; plain_integer(text, integer)) return add_number(true);
    if (double number = 0; plain_decimal(text, number)) return add_number(false);
  }
  if (is_null(text, format)) return;
  text = trimmed(text);
  if (!has_leading_zero(text) && number_of(text, format)) return add_number(integer_of(text, format).has_value());
  if (truth_of(text)) return add_truth();
  add_text(text);
  static const CellFormat with_comma{.decimal = ','};
  if (format.decimal != ',' && text.find(',') != std::string_view::npos && number_of(text, with_comma)) {
    if (comma_numbers_++ == 0) comma_number_ = text;
  }
}

void ColumnGuess::add_number(bool is_integer) {
  ++cells_;
  ++numbers_;
  integers_ += is_integer ? 1 : 0;
}

void ColumnGuess::add_truth() {
  ++cells_;
  ++truths_;
}

void ColumnGuess::add_text(std::string_view text) {
  // JSON has no number for it, and no name is that.
  static const CellFormat format;
  if (const auto number = number_of(text, format); number && !std::isfinite(*number)) return add_number(false);
  ++cells_;
  const auto time = time_of(text);
  zoned_times_ += time && time->zoned ? 1 : 0;
  naive_times_ += time && !time->zoned ? 1 : 0;
}

void ColumnGuess::add_other() {
  ++cells_;
  ++others_;
}

ColumnType ColumnGuess::type() const {
  if (cells_ == 0) return named(ColumnKind::kDouble, "no value yet");
  if (is_most(numbers_)) {
    return integers_ == numbers_ ? named(ColumnKind::kInt64, "integer" + exceptions(numbers_))
                                 : named(ColumnKind::kDouble, "number" + exceptions(numbers_));
  }
  if (is_most(truths_)) return named(ColumnKind::kBool, "true or false" + exceptions(truths_));
  if (is_most(others_)) return named(ColumnKind::kOther, "list");
  const std::size_t times = std::max(zoned_times_, naive_times_);
  if (!is_most(times)) {
    return named(ColumnKind::kUtf8, comma_numbers_ == cells_ ? "text like " + comma_number_ : "text");
  }
  const bool zoned = zoned_times_ > naive_times_;
  ColumnType time = named(ColumnKind::kTimestamp, (zoned ? "time" : "time without zone") + exceptions(times));
  time.unit = TimeUnit::kMicroseconds;
  time.zoned = zoned;
  return time;
}

bool ColumnGuess::is_most(std::size_t alike) const {
  constexpr std::size_t kAlikeMin = 10;
  const std::size_t others = cells_ - alike;
  return others == 0 || (alike >= kAlikeMin && others <= std::max<std::size_t>(1, cells_ / 100));
}

std::string ColumnGuess::exceptions(std::size_t alike) const {
  return alike == cells_ ? "" : " (but " + std::to_string(cells_ - alike) + " of " + std::to_string(cells_) + ")";
}

}  // namespace promfill
