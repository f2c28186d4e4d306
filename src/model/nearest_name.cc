#include "model/nearest_name.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace promfill {
namespace {

constexpr std::size_t kColumnsListedMax = 12;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_letter(char a, char b) { return lower(a) == lower(b); }

/// Twice the optimal string alignment distance of the words without case, and one more if they differ at all.
/// O(|a| · |b|), three rows.
int half_mistakes(std::string_view a, std::string_view b) {
  std::vector<int> before(b.size() + 1);
  std::vector<int> above(b.size() + 1);
  std::vector<int> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = static_cast<int>(2 * j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(2 * i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int replaced = above[j - 1] + (same_letter(a[i - 1], b[j - 1]) ? 0 : 2);
      row[j] = std::min({above[j] + 2, row[j - 1] + 2, replaced});
      const bool swapped = i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 2);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()] + (a == b ? 0 : 1);
}

std::vector<std::string_view> names_of(const SourceSchema& schema) {
  std::vector<std::string_view> names;
  names.reserve(schema.size());
  for (const ColumnField& field : schema) names.push_back(field.name);
  return names;
}

}  // namespace

std::optional<std::string_view> nearest_name(std::string_view name, std::span<const std::string_view> candidates) {
  // A third of the word may be wrong, one letter at least: "tmestamp", "mme" for "mem", but not "cpu" for "mem".
  const int half_mistakes_max = static_cast<int>(2 * std::max<std::size_t>(1, name.size() / 3) + 1);
  std::optional<std::string_view> nearest;
  int fewest = half_mistakes_max + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t gap = std::max(name.size(), candidate.size()) - std::min(name.size(), candidate.size());
    if (2 * gap >= static_cast<std::size_t>(fewest)) continue;
    const int mistakes = half_mistakes(name, candidate);
    if (mistakes >= fewest) continue;
    fewest = mistakes;
    nearest = candidate;
  }
  return nearest;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates) {
  const std::optional<std::string_view> nearest = nearest_name(name, candidates);
  return nearest ? "did you mean '" + std::string(*nearest) + "'? " : "";
}

std::string list_names(std::span<const std::string_view> names, std::size_t count_max) {
  if (names.empty()) return "none";
  const std::size_t shown = names.size() > count_max ? count_max : names.size();
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  if (shown < names.size()) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

Result<std::size_t> find_column(const SourceSchema& schema, const std::string& source_name, std::string_view name,
                                std::string_view what, const std::string& where) {
  const auto is_it = [&](const ColumnField& field) { return field.name == name; };
  const std::string subject = std::string(what) + " '" + std::string(name) + "'";
  const auto found = std::find_if(schema.begin(), schema.end(), is_it);
  if (found == schema.end()) {
    const std::vector<std::string_view> names = names_of(schema);
    return Error{ErrorCode::kUsage, subject + " does not exist in " + source_name, where,
                 did_you_mean(name, names) + "the columns are " + list_names(names, kColumnsListedMax)};
  }
  if (std::find_if(found + 1, schema.end(), is_it) != schema.end()) {
    return Error{ErrorCode::kUsage,
                 subject + " stands " + std::to_string(std::count_if(schema.begin(), schema.end(), is_it)) +
                     " times in " + source_name,
                 where, "rename the columns so that each name is there once, or map other ones"};
  }
  return static_cast<std::size_t>(found - schema.begin());
}

}  // namespace promfill
