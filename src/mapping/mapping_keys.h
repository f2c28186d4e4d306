// The keys of a mapping file, in one table: the parser takes no others, and the schema for editors says the same.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace promfill {

struct MappingKey {
  enum class Form : std::uint8_t {
    kText,     ///< or a number, or true or false: what YAML has on one line
    kTexts,    ///< a list of them
    kByName,   ///< texts by name
    kObject,   ///< of the kind `of`
    kObjects,  ///< by name, each of the kind `of`
    kList,     ///< of objects of the kind `of`
  };
  std::string_view name;
  std::string_view says;  ///< for people
  Form form = Form::kText;
  std::string_view of{};
  std::vector<std::string_view> words{};  ///< the only ones that a text may be
};

struct MappingObject {
  std::string_view name;   ///< the kind
  std::string_view title;  ///< in messages: "a metric"
  std::vector<MappingKey> keys;
  std::vector<std::string_view> required{};
  std::vector<std::string_view> later{};  ///< keys that a later version reads

  [[nodiscard]] std::vector<std::string_view> key_names() const;
};

/// Every kind of object, the file itself first.
std::span<const MappingObject> mapping_objects();
/// One of them.
const MappingObject& mapping_object(std::string_view name);

/// A JSON Schema (draft 2020-12) of mapping files: docs/mapping.schema.json.
std::string mapping_schema();

}  // namespace promfill
