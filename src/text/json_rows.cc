#include "text/json_rows.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "text/cell.h"
#include "text/json_layout.h"
#include "text/line_reader.h"

namespace promfill {
namespace {

namespace od = simdjson::ondemand;
static_assert(simdjson::SIMDJSON_PADDING <= LineReader::kPaddingBytes);

constexpr std::size_t kShownBytes = 4096;

/// A key at some depth of the objects, as rows have shown it so far.
struct Node {
  std::string key;
  std::string name;                      // from the root: a.b
  bool is_plain = false;                 // the key is written as it is read
  bool is_column = false;                // the text is known to have it
  std::vector<std::size_t> positions{};  // of the columns that it fills
  std::vector<Node> members{};
  std::map<std::string, std::size_t, std::less<>> by_key{};
};

/// A scalar, or what stands where one should.
struct Cell {
  enum class Kind : std::uint8_t { kNull, kInteger, kDouble, kTruth, kText, kOther } kind = Kind::kNull;
  std::int64_t integer = 0;
  double number = 0;
  bool truth = false;
  std::string_view text;
};

/// simdjson refuses numbers that don't fit as it does malformed ones. RFC 8259, section 6.
bool is_json_number(std::string_view text) {
  const auto digits = [&text] {
    const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

/// @return whether it is well-formed.
bool read_number(od::value& value, Cell& cell) {
  const std::string_view token = trimmed(value.raw_json_token());
  od::number number;
  if (value.get_number().get(number) == simdjson::SUCCESS) {
    cell.kind = number.is_int64() ? Cell::Kind::kInteger : Cell::Kind::kDouble;
    if (number.is_int64()) cell.integer = number.get_int64();
    if (!number.is_int64()) cell.number = number.as_double();
    return true;
  }
  // An integer beyond 64 bits, or beyond all doubles.
  const auto nearest = is_json_number(token) ? number_of(token, {}) : std::nullopt;
  cell.kind = Cell::Kind::kDouble;
  cell.number = nearest.value_or(0);
  return nearest.has_value();
}

/// Nothing where it is malformed.
std::optional<Cell> cell_of(od::value& value, od::json_type type) {
  Cell cell;
  bool good = true;
  switch (type) {
    case od::json_type::null:
      good = value.is_null();
      break;
    case od::json_type::boolean:
      cell.kind = Cell::Kind::kTruth;
      good = value.get_bool().get(cell.truth) == simdjson::SUCCESS;
      break;
    case od::json_type::string:
      cell.kind = Cell::Kind::kText;
      good = value.get_string().get(cell.text) == simdjson::SUCCESS;
      break;
    case od::json_type::number:
      good = read_number(value, cell);
      break;
    case od::json_type::array:
    case od::json_type::object: {
      cell.kind = Cell::Kind::kOther;
      od::array array;
      od::object object;
      good = type == od::json_type::array ? value.get_array().get(array) == simdjson::SUCCESS &&
                                                array.raw_json().get(cell.text) == simdjson::SUCCESS
                                          : value.get_object().get(object) == simdjson::SUCCESS &&
                                                object.raw_json().get(cell.text) == simdjson::SUCCESS;
    }
  }
  return good ? std::optional(cell) : std::nullopt;
}

/// A cell as text, numbers in their shortest form: as a label's value, and for messages.
class CellText {
 public:
  explicit CellText(const Cell& cell) {
    char* const begin = buffer_.data();
    char* const end = begin + buffer_.size();
    switch (cell.kind) {
      case Cell::Kind::kNull:
        break;
      case Cell::Kind::kInteger:
        text_ = {begin, std::to_chars(begin, end, cell.integer).ptr};
        break;
      case Cell::Kind::kDouble:
        text_ = {begin, std::to_chars(begin, end, cell.number).ptr};
        break;
      case Cell::Kind::kTruth:
        text_ = cell.truth ? "true" : "false";
        break;
      case Cell::Kind::kText:
      case Cell::Kind::kOther:
        text_ = cell.text;
    }
  }
  CellText(const CellText&) = delete;
  CellText& operator=(const CellText&) = delete;
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  std::array<char, 32> buffer_{};
  std::string_view text_;
};

/// False where the cell can't be in that column.
bool add_number(const Cell& cell, TextColumn& column) {
  Cell number = cell;
  if (cell.kind == Cell::Kind::kText) {  // what JSON has no number for: "NaN", "Infinity", 64-bit integers
    if (const auto integer = integer_of(cell.text, {})) {
      number.kind = Cell::Kind::kInteger;
      number.integer = *integer;
    } else if (const auto value = number_of(cell.text, {})) {
      number.kind = Cell::Kind::kDouble;
      number.number = *value;
    }
  }
  if (number.kind == Cell::Kind::kInteger) {
    if (column.kind() == ColumnKind::kInt64) {
      column.add(number.integer);
    } else {
      column.add(static_cast<double>(number.integer));
    }
    return true;
  }
  if (number.kind != Cell::Kind::kDouble) return false;
  if (column.kind() == ColumnKind::kInt64) column.widen();
  column.add(number.number);
  return true;
}

bool add_cell(const Cell& cell, bool zoned, TextColumn& column) {
  switch (column.kind()) {
    case ColumnKind::kInt64:
    case ColumnKind::kDouble:
      return add_number(cell, column);
    case ColumnKind::kBool:
      if (cell.kind != Cell::Kind::kTruth) return false;
      column.add(cell.truth);
      return true;
    case ColumnKind::kTimestamp: {
      const auto time = cell.kind == Cell::Kind::kText ? time_of(cell.text) : std::nullopt;
      if (!time || time->zoned != zoned) return false;
      column.add(time->us);
      return true;
    }
    default:
      if (cell.kind == Cell::Kind::kOther) return false;
      column.add(CellText(cell).text());
      return true;
  }
}

}  // namespace

class JsonRowParser::Impl {
 public:
  Impl(std::span<const ColumnField> columns, std::span<const ColumnRequest> requests)
      : requests_(requests.begin(), requests.end()) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      types_.push_back(columns[i].type);
      columns_.emplace(columns[i].name, i);
    }
  }

  JsonRows read(std::string_view lines, std::int64_t first_number, std::int64_t rows_max) {
    out_ = {};
    for (const ColumnRequest& request : requests_) {
      const ColumnKind kind = types_[request.column].kind;
      out_.columns.emplace_back(request.as_label || request.as_text ? ColumnKind::kUtf8 : kind, rows_before_);
    }
    while (out_.bytes < lines.size() && out_.rows < rows_max) {
      const std::size_t line_break = lines.find('\n', out_.bytes);
      std::string_view line = lines.substr(out_.bytes, line_break - out_.bytes);
      out_.bytes += line.size() + (line_break == std::string_view::npos ? 0 : 1);
      number_ = first_number + out_.numbers++;
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (trimmed(line).empty()) {
        out_.no_rows.push_back(number_);
      } else if (const std::string_view reason = read_row(line); reason.empty()) {
        end_row();
      } else {
        take_back_row(reason, line);
      }
    }
    rows_before_ = static_cast<std::size_t>(out_.rows);
    return std::move(out_);
  }

 private:
  /// @return why the line is no row; nothing where it is one.
  std::string_view read_row(std::string_view line) {
    bad_before_ = out_.bad_cells.size();
    od::document document;
    if (parser_.iterate(line.data(), line.size(), line.size() + simdjson::SIMDJSON_PADDING).get(document) !=
        simdjson::SUCCESS) {
      return "invalid_json";
    }
    od::object object;
    const auto opened = document.get_object().get(object);
    if (opened == simdjson::INCORRECT_TYPE) return "no_object";
    if (opened != simdjson::SUCCESS) return "invalid_json";
    const std::string_view reason = read_members(object, root_, 0);
    if (!reason.empty()) return reason;
    const bool ends = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
    return ends ? std::string_view() : "invalid_json";
  }

  std::string_view read_members(od::object& object, Node& node, int depth) {
    std::size_t next = 0;  // rows mostly have their keys in one order
    for (auto each : object) {
      od::field field;
      if (std::move(each).get(field) != simdjson::SUCCESS) return "invalid_json";
      const bool as_expected = next < node.members.size() && node.members[next].is_plain &&
                               field.key().unsafe_is_equal(node.members[next].key);
      if (!as_expected) {
        std::string_view key;
        if (field.unescaped_key().get(key) != simdjson::SUCCESS) return "invalid_json";
        next = member_of(node, key);
      }
      const std::string_view reason = read_value(field.value(), node.members[next], depth);
      if (!reason.empty()) return reason;
      ++next;
    }
    return {};
  }

  std::string_view read_value(od::value& value, Node& node, int depth) {
    od::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return "invalid_json";
    if (type == od::json_type::object && node.positions.empty() && depth < kJsonDepthMax) {
      od::object members;
      if (value.get_object().get(members) != simdjson::SUCCESS) return "invalid_json";
      return read_members(members, node, depth + 1);
    }
    if (node.positions.empty() && node.is_column) return {};  // nobody asked for it
    const auto cell = cell_of(value, type);
    if (!cell) return "invalid_json";
    if (!node.is_column) {
      const bool says_something = cell->kind != Cell::Kind::kNull && cell->kind != Cell::Kind::kOther;
      if (says_something && reported_.insert(node.name).second) unknown_.push_back(node.name);
    }
    for (const std::size_t position : node.positions) {
      TextColumn& column = out_.columns[position];
      if (column.rows() > out_.rows) return "duplicate_key";
      if (cell->kind == Cell::Kind::kNull) {
        column.add_null();
      } else if (!add_cell(*cell, types_[requests_[position].column].zoned, column)) {
        column.add_null();
        out_.bad_cells.push_back({position, out_.rows, std::string(CellText(*cell).text().substr(0, kShownBytes))});
      }
    }
    return {};
  }

  std::size_t member_of(Node& node, std::string_view key) {
    const auto known = node.by_key.find(key);
    if (known != node.by_key.end()) return known->second;
    Node added{.key = std::string(key),
               .name = node.name.empty() ? std::string(key) : node.name + "." + std::string(key)};
    added.is_plain = std::ranges::none_of(key, [](char c) { return c == '"' || c == '\\' || (c >= 0 && c < ' '); });
    if (const auto column = columns_.find(added.name); column != columns_.end()) {
      added.is_column = true;
      for (std::size_t position = 0; position < requests_.size(); ++position) {
        if (requests_[position].column == column->second) added.positions.push_back(position);
      }
    }
    node.by_key.emplace(added.key, node.members.size());
    node.members.push_back(std::move(added));
    return node.members.size() - 1;
  }

  void end_row() {
    for (TextColumn& column : out_.columns) {
      if (column.rows() == out_.rows) column.add_null();
    }
    for (std::string& name : unknown_) out_.unknown_columns.push_back({std::move(name), number_});
    unknown_.clear();
    ++out_.rows;
  }

  void take_back_row(std::string_view reason, std::string_view line) {
    for (TextColumn& column : out_.columns) {
      if (column.rows() > out_.rows) column.remove_last();
    }
    out_.bad_cells.resize(bad_before_);
    for (const std::string& name : unknown_) reported_.erase(name);
    unknown_.clear();
    out_.no_rows.push_back(number_);
    out_.bad_rows.push_back({number_, std::string(reason), std::string(line.substr(0, kShownBytes))});
  }

  Node root_;
  std::vector<ColumnType> types_;
  std::map<std::string, std::size_t, std::less<>> columns_;
  std::vector<ColumnRequest> requests_;
  od::parser parser_;
  JsonRows out_;
  std::set<std::string> reported_;
  std::vector<std::string> unknown_;  // of this row
  std::int64_t number_ = 0;
  std::size_t bad_before_ = 0;
  std::size_t rows_before_ = 0;
};

JsonRowParser::JsonRowParser(std::span<const ColumnField> columns, std::span<const ColumnRequest> requests)
    : impl_(std::make_unique<Impl>(columns, requests)) {}

JsonRowParser::~JsonRowParser() = default;

JsonRows JsonRowParser::read(std::string_view lines, std::int64_t first_number, std::int64_t rows_max) {
  return impl_->read(lines, first_number, rows_max);
}

}  // namespace promfill
