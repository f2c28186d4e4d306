// relabel_labels: label sets through relabelling rules, as the oracle's `relabel` does. A line of standard input,
// {"rules":YAML,"labels":[{name: value, …}, …]}, gives one of standard output: {"labels":[[[name, value], …] or null,
// …]}, or {"error":TEXT} where the rules are refused. The rules pass through a mapping file. Not installed.
#include <cstdio>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "promfill/mapping.h"
#include "relabel/relabel.h"

namespace promfill {
namespace {

using Json = nlohmann::json;

Result<Json> relabel(const std::string& rules, const std::vector<std::map<std::string, std::string>>& sets) {
  PROMFILL_TRY(const Mapping mapping, parse_mapping("version: 1\nrelabel_configs:\n" + rules, "rules"));
  PROMFILL_TRY(const Relabeller relabeller, Relabeller::compile(mapping.relabel_rules));
  Json answers = Json::array();
  for (const auto& set : sets) {
    std::vector<Label> labels;
    for (const auto& [name, value] : set) labels.push_back({name, value});
    const auto relabelled = relabeller.apply(labels);
    Json pairs = relabelled ? Json::array() : Json();
    if (relabelled) {
      for (const Label& label : *relabelled) pairs.push_back({label.name, label.value});
    }
    answers.push_back(std::move(pairs));
  }
  return Json{{"labels", std::move(answers)}};
}

int run() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || !json.contains("rules") || !json.contains("labels")) {
      std::fprintf(stderr, "relabel_labels: not a case: %s\n", line.c_str());
      return 2;
    }
    const auto answer = relabel(json["rules"].get<std::string>(),
                                json["labels"].get<std::vector<std::map<std::string, std::string>>>());
    std::cout << (answer ? *answer : Json{{"error", answer.error().text()}}).dump() << '\n';
  }
  return 0;
}

}  // namespace
}  // namespace promfill

int main() { return promfill::run(); }
