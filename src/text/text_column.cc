#include "text/text_column.h"

namespace promfill {

TextColumn::TextColumn(ColumnKind kind, std::size_t rows) : kind_(kind) {
  if (kind == ColumnKind::kInt64 || kind == ColumnKind::kTimestamp) integers_.reserve(rows);
  if (kind == ColumnKind::kDouble) doubles_.reserve(rows);
  if (kind == ColumnKind::kBool) bits_.reserve((rows + 7) / 8);
  if (kind == ColumnKind::kUtf8) {
    offsets_.reserve(rows + 1);
    offsets_.push_back(0);
  }
}

ColumnView TextColumn::view() const {
  ColumnView view;
  view.kind = kind_;
  view.unit = TimeUnit::kMicroseconds;
  view.null_count = nulls_;
  if (nulls_ > 0) view.validity = validity_.data();
  switch (kind_) {
    case ColumnKind::kDouble:
      view.values = doubles_.data();
      break;
    case ColumnKind::kBool:
      view.values = bits_.data();
      break;
    case ColumnKind::kUtf8:
      view.values = text_.data();
      view.offsets = offsets_.data();
      break;
    default:
      view.values = integers_.data();
  }
  return view;
}

std::uint64_t TextColumn::memory_bytes() const {
  return integers_.capacity() * sizeof(std::int64_t) + doubles_.capacity() * sizeof(double) + bits_.capacity() +
         offsets_.capacity() * sizeof(std::int32_t) + text_.capacity() + validity_.capacity();
}

void TextColumn::add_validity(bool valid) {
  const auto row = static_cast<std::size_t>(rows_);
  if (!valid && nulls_++ == 0) validity_.assign(row / 8 + 1, 0xFF);  // all before have a value
  if (nulls_ > 0) {
    validity_.resize(row / 8 + 1);
    const auto bit = static_cast<std::uint8_t>(1U << (row % 8));
    validity_[row / 8] = static_cast<std::uint8_t>(valid ? validity_[row / 8] | bit : validity_[row / 8] & ~bit);
  }
  ++rows_;
}

void TextColumn::remove_last() {
  PROMFILL_ASSERT(rows_ > 0);
  --rows_;
  const auto row = static_cast<std::size_t>(rows_);
  if (nulls_ > 0 && ((validity_[row / 8] >> (row % 8)) & 1) == 0) --nulls_;
  switch (kind_) {
    case ColumnKind::kDouble:
      doubles_.pop_back();
      break;
    case ColumnKind::kBool:
      bits_.back() = static_cast<std::uint8_t>(bits_.back() & ~(1U << (row % 8)));
      if (row % 8 == 0) bits_.pop_back();
      break;
    case ColumnKind::kUtf8:
      offsets_.pop_back();
      text_.resize(static_cast<std::size_t>(offsets_.back()));
      break;
    default:
      integers_.pop_back();
  }
}

void TextColumn::widen() {
  PROMFILL_ASSERT(kind_ == ColumnKind::kInt64);
  kind_ = ColumnKind::kDouble;
  doubles_.reserve(integers_.capacity());
  for (const std::int64_t value : integers_) doubles_.push_back(static_cast<double>(value));
  integers_ = {};
}

void TextColumn::add_null() {
  switch (kind_) {
    case ColumnKind::kDouble:
      doubles_.push_back(0);
      break;
    case ColumnKind::kBool:
      if (rows_ % 8 == 0) bits_.push_back(0);
      break;
    case ColumnKind::kUtf8:
      offsets_.push_back(offsets_.back());
      break;
    default:
      integers_.push_back(0);
  }
  add_validity(false);
}

void TextColumn::add(bool value) {
  if (rows_ % 8 == 0) bits_.push_back(0);
  bits_.back() = static_cast<std::uint8_t>(bits_.back() | (static_cast<unsigned>(value) << (rows_ % 8)));
  add_valid();
}

}  // namespace promfill
