// See label_split.h. JSON is read event by event: a key that stands twice must be seen, and nothing nests.
#include "relabel/label_split.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace promfill {
namespace {

/// Takes the keys of one flat object; any other event ends the reading.
class FlatObject final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit FlatObject(std::vector<Label>& labels) : labels_(&labels) {}

  [[nodiscard]] bool was_nested() const { return nested_; }

  bool null() override { return add(""); }
  bool boolean(bool value) override { return add(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return add(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return add(std::to_string(value)); }
  bool number_float(number_float_t /*value*/, const string_t& text) override { return add(text); }
  bool string(string_t& value) override { return add(value); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool key(string_t& name) override {
    name_ = as_label_name(name);
    return true;
  }
  bool start_object(std::size_t /*size*/) override { return !std::exchange(inside_, true) || refuse_nested(); }
  bool end_object() override { return true; }
  bool start_array(std::size_t /*size*/) override { return inside_ && refuse_nested(); }
  bool end_array() override { return false; }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

 private:
  bool add(std::string value) {
    if (!inside_) return false;
    if (!value.empty()) labels_->push_back({name_, std::move(value)});
    return true;
  }
  bool refuse_nested() {
    nested_ = true;
    return false;
  }

  std::vector<Label>* labels_;
  std::string name_;
  bool inside_ = false;
  bool nested_ = false;
};

}  // namespace

Result<LabelSplit> LabelSplit::compile(const LabelSplitMapping& mapping) {
  LabelSplit split;
  if (!mapping.regex) return split;
  PROMFILL_TRY(split.regex_, GoRegex::compile(*mapping.regex));
  split.groups_ = split.regex_->group_names();
  if (!split.groups_.empty()) return split;
  return Error{ErrorCode::kUsage, "regular expression " + quote_label_value(*mapping.regex) + " names no label", "",
               "name the groups that become labels: (?P<host>[^.]+)"};
}

SplitTrouble LabelSplit::split(std::string_view text, std::vector<Label>& labels) const {
  if (!regex_) {
    FlatObject object(labels);
    if (nlohmann::json::sax_parse(text.begin(), text.end(), &object)) return SplitTrouble::kNone;
    return object.was_nested() ? SplitTrouble::kNestedValue : SplitTrouble::kNotJson;
  }
  const std::optional<GoRegex::Match> match = regex_->find(text);
  if (!match) return SplitTrouble::kNoMatch;
  for (const auto& [group, name] : groups_) {
    if (!(*match)[group].empty()) labels.push_back({name, std::string((*match)[group])});
  }
  return SplitTrouble::kNone;
}

std::vector<std::string> LabelSplit::names() const {
  std::vector<std::string> names;
  for (const auto& [group, name] : groups_) names.push_back(name);
  return names;
}

std::string as_label_name(std::string_view name) {
  std::string legal;
  if (!name.empty() && name.front() >= '0' && name.front() <= '9') legal = "_";
  for (const char c : name) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    // One underscore for a character of several bytes.
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) legal += fits ? c : '_';
  }
  return legal.empty() ? "_" : legal;
}

}  // namespace promfill
