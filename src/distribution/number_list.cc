// See number_list.h.
#include "distribution/number_list.h"

#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>
#include <type_traits>

namespace promfill {
namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;

std::optional<std::int64_t> whole(double value) {
  if (!(value >= -kTwoTo63 && value < kTwoTo63) || value != std::trunc(value)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

/// A number as N; nothing where N is whole and it isn't.
template <typename N>
std::optional<N> number_of(const ColumnView& column, std::int64_t row) {
  if constexpr (std::is_same_v<N, double>) {
    return real_number(column, row);
  } else {
    return whole_number(column, row);
  }
}

template <typename N>
std::optional<N> number_of(const simdjson::dom::element& element) {
  double real = 0;
  if constexpr (std::is_same_v<N, double>) {
    if (element.get_double().get(real) == simdjson::SUCCESS) return real;
    return std::nullopt;
  } else {
    std::int64_t integer = 0;
    if (element.get_int64().get(integer) == simdjson::SUCCESS) return integer;
    return element.get_double().get(real) == simdjson::SUCCESS ? whole(real) : std::nullopt;
  }
}

std::optional<std::int64_t> key_of(std::string_view text) {
  std::int64_t key = 0;
  const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), key);
  return trouble == std::errc() && end == text.data() + text.size() ? std::optional(key) : std::nullopt;
}

std::optional<std::string_view> text_of(const ColumnView& column, std::int64_t row) {
  if (column.kind == ColumnKind::kUtf8) return column.text(row);
  if (column.kind == ColumnKind::kDictionary) return column.dictionary->text(column.codes()[row]);
  return std::nullopt;
}

/// Of an element that is no N: a number that isn't whole, or none at all.
CellTrouble trouble_of(const simdjson::dom::element& element) {
  if (element.is_null()) return CellTrouble::kNullElement;
  return element.is_number() ? CellTrouble::kNotWhole : CellTrouble::kNotNumbers;
}

}  // namespace

std::string_view reason_of(CellTrouble trouble) {
  switch (trouble) {
    case CellTrouble::kNone:
      return "";
    case CellTrouble::kNullElement:
      return "null_element";
    case CellTrouble::kNotWhole:
      return "not_whole";
    case CellTrouble::kNotNumbers:
      return "not_numbers";
  }
  return "";
}

struct NumberCells::Parser {
  simdjson::dom::parser json;

  std::optional<simdjson::dom::element> parse(std::string_view text) {
    simdjson::dom::element element;
    if (json.parse(text.data(), text.size()).get(element) != simdjson::SUCCESS) return std::nullopt;
    return element;
  }
};

NumberCells::NumberCells() : parser_(std::make_unique<Parser>()) {}
NumberCells::NumberCells(NumberCells&&) noexcept = default;
NumberCells::~NumberCells() = default;

template <typename N>
CellTrouble NumberCells::read_list(const ColumnView& column, std::int64_t row, std::vector<N>& out) {
  out.clear();
  if (const auto text = text_of(column, row)) {
    const auto element = parser_->parse(*text);
    simdjson::dom::array array;
    if (!element || element->get_array().get(array) != simdjson::SUCCESS) return CellTrouble::kNotNumbers;
    for (const simdjson::dom::element each : array) {
      const std::optional<N> number = number_of<N>(each);
      if (!number) return trouble_of(each);
      out.push_back(*number);
    }
    return CellTrouble::kNone;
  }
  const auto [begin, end] = column.elements(row);
  for (std::int32_t i = begin; i < end; ++i) {
    if (!column.items->valid(i)) return CellTrouble::kNullElement;
    const std::optional<N> number = number_of<N>(*column.items, i);
    if (!number) return CellTrouble::kNotWhole;
    out.push_back(*number);
  }
  return CellTrouble::kNone;
}

template <typename N>
CellTrouble NumberCells::read_pairs(const ColumnView& column, std::int64_t row,
                                    std::vector<std::pair<std::int64_t, N>>& out) {
  out.clear();
  if (const auto text = text_of(column, row)) {
    const auto element = parser_->parse(*text);
    if (!element) return CellTrouble::kNotNumbers;
    if (simdjson::dom::object object; element->get_object().get(object) == simdjson::SUCCESS) {
      for (const auto& [key, each] : object) {
        const std::optional<std::int64_t> first = key_of(key);
        const std::optional<N> second = number_of<N>(each);
        if (!first || !second) return first ? trouble_of(each) : CellTrouble::kNotNumbers;
        out.emplace_back(*first, *second);
      }
      return CellTrouble::kNone;
    }
    simdjson::dom::array array;
    if (element->get_array().get(array) != simdjson::SUCCESS) return CellTrouble::kNotNumbers;
    for (const simdjson::dom::element each : array) {
      simdjson::dom::array pair;
      if (each.get_array().get(pair) != simdjson::SUCCESS || pair.size() != 2) return CellTrouble::kNotNumbers;
      const std::optional<std::int64_t> first = number_of<std::int64_t>(pair.at(0).value_unsafe());
      const std::optional<N> second = number_of<N>(pair.at(1).value_unsafe());
      if (!first) return trouble_of(pair.at(0).value_unsafe());
      if (!second) return trouble_of(pair.at(1).value_unsafe());
      out.emplace_back(*first, *second);
    }
    return CellTrouble::kNone;
  }
  const auto [begin, end] = column.elements(row);
  for (std::int32_t i = begin; i < end; ++i) {
    if (!column.items->valid(i) || !column.seconds->valid(i)) return CellTrouble::kNullElement;
    const bool is_text = column.items->kind == ColumnKind::kUtf8;
    const std::optional<std::int64_t> first = is_text ? key_of(column.items->text(i)) : whole_number(*column.items, i);
    const std::optional<N> second = number_of<N>(*column.seconds, i);
    if (!first || !second) return is_text && !first ? CellTrouble::kNotNumbers : CellTrouble::kNotWhole;
    out.emplace_back(*first, *second);
  }
  return CellTrouble::kNone;
}

CellTrouble NumberCells::read(const ColumnView& column, std::int64_t row, std::vector<std::int64_t>& out) {
  return read_list(column, row, out);
}
CellTrouble NumberCells::read(const ColumnView& column, std::int64_t row, std::vector<double>& out) {
  return read_list(column, row, out);
}
CellTrouble NumberCells::read(const ColumnView& column, std::int64_t row,
                              std::vector<std::pair<std::int64_t, std::int64_t>>& out) {
  return read_pairs(column, row, out);
}
CellTrouble NumberCells::read(const ColumnView& column, std::int64_t row,
                              std::vector<std::pair<std::int64_t, double>>& out) {
  return read_pairs(column, row, out);
}

std::optional<std::int64_t> whole_number(const ColumnView& column, std::int64_t row) {
  switch (column.kind) {
    case ColumnKind::kInt64:
      return column.int64s()[row];
    case ColumnKind::kUint64:
      if (column.uint64s()[row] > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
      return static_cast<std::int64_t>(column.uint64s()[row]);
    case ColumnKind::kDouble:
      return whole(column.doubles()[row]);
    default:
      return std::nullopt;
  }
}

std::optional<double> real_number(const ColumnView& column, std::int64_t row) {
  switch (column.kind) {
    case ColumnKind::kInt64:
      return static_cast<double>(column.int64s()[row]);
    case ColumnKind::kUint64:
      return static_cast<double>(column.uint64s()[row]);
    case ColumnKind::kDouble:
      return column.doubles()[row];
    default:
      return std::nullopt;
  }
}

bool may_be_list(ColumnKind kind) { return kind == ColumnKind::kList || kind == ColumnKind::kUtf8; }
bool may_be_pairs(ColumnKind kind) { return kind == ColumnKind::kPairs || kind == ColumnKind::kUtf8; }
bool is_number(ColumnKind kind) {
  return kind == ColumnKind::kInt64 || kind == ColumnKind::kUint64 || kind == ColumnKind::kDouble;
}

}  // namespace promfill
