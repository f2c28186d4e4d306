#include "text/json_layout.h"

#include <simdjson.h>

#include <algorithm>
#include <map>
#include <utility>

#include "text/column_guess.h"
#include "text/text_encoding.h"

namespace promfill {
namespace {

constexpr std::size_t kColumnsMax = 100'000;

class Sample {
 public:
  void look_at(const simdjson::dom::object& object) { look_at(object, "", 0); }

  [[nodiscard]] std::size_t columns() const { return guesses_.size(); }
  [[nodiscard]] std::vector<ColumnField> fields() const {
    std::vector<ColumnField> fields;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      // What is an object in other rows has its members as columns.
      if (!objects_[i]) fields.push_back({names_[i], guesses_[i].type()});
    }
    return fields;
  }

 private:
  void look_at(const simdjson::dom::object& object, const std::string& prefix, int depth) {
    for (const auto& [key, value] : object) {
      const std::string name = prefix + std::string(key);
      simdjson::dom::object members;
      if (depth < kJsonDepthMax && value.get_object().get(members) == simdjson::SUCCESS) {
        objects_[position_of(name)] = true;
        look_at(members, name + ".", depth + 1);
        continue;
      }
      add(guesses_[position_of(name)], value);
    }
  }

  std::size_t position_of(const std::string& name) {
    const auto [at, is_new] = positions_.try_emplace(name, names_.size());
    if (is_new) {
      names_.push_back(name);
      guesses_.emplace_back();
      objects_.push_back(false);
    }
    return at->second;
  }

  static void add(ColumnGuess& guess, const simdjson::dom::element& value) {
    switch (value.type()) {
      case simdjson::dom::element_type::NULL_VALUE:
        return;
      case simdjson::dom::element_type::INT64:
        return guess.add_number(true);
      case simdjson::dom::element_type::UINT64:  // beyond the largest int64
      case simdjson::dom::element_type::DOUBLE:
        return guess.add_number(false);
      case simdjson::dom::element_type::BOOL:
        return guess.add_truth();
      case simdjson::dom::element_type::STRING:
        return guess.add_text(std::string_view(value));
      default:
        return guess.add_other();
    }
  }

  std::map<std::string, std::size_t> positions_;
  std::vector<std::string> names_;
  std::vector<ColumnGuess> guesses_;
  std::vector<bool> objects_;
};

}  // namespace

Result<JsonLayout> find_json_layout(std::string_view sample, bool complete, const std::string& name) {
  PROMFILL_TRY_STATUS(check_encoding(sample, complete, name));
  if (!complete) sample = sample.substr(0, sample.rfind('\n') + 1);
  const auto bytes = static_cast<double>(sample.size());
  Sample columns;
  simdjson::dom::parser parser;
  std::size_t rows = 0;
  while (!sample.empty() && columns.columns() <= kColumnsMax) {
    const std::string_view line = sample.substr(0, sample.find('\n'));
    sample.remove_prefix(std::min(sample.size(), line.size() + 1));
    simdjson::dom::object object;
    const auto root = parser.parse(simdjson::padded_string(line));
    if (root.get_object().get(object) != simdjson::SUCCESS) continue;  // whoever reads it will say so
    columns.look_at(object);
    ++rows;
  }
  if (rows == 0) {
    return Error{ErrorCode::kData, "the beginning of the file has no JSON object", name,
                 "rows are objects, a line each or in an array: {\"time\": 1600000000, \"load\": 0.5}"};
  }
  if (columns.columns() > kColumnsMax) {
    return Error{ErrorCode::kLimit, "the file has more than " + std::to_string(kColumnsMax) + " different keys", name,
                 "keys are columns: what differs from row to row should be a value"};
  }
  JsonLayout layout;
  layout.columns = columns.fields();
  layout.row_bytes = bytes / static_cast<double>(rows);
  std::string list;
  for (const ColumnField& column : layout.columns) {
    list += (list.empty() ? "" : ", ") + column.name + ": " + column.type.source_type;
  }
  layout.decisions.push_back("columns, by " + std::to_string(rows) + " rows: " + list);
  return layout;
}

}  // namespace promfill
