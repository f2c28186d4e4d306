// Labels: order, lookup and text; the names and bytes that Prometheus allows in them.
#include "promfill/labels.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace promfill {
inline namespace PROMFILL_ABI {
namespace {

constexpr bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
constexpr bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

/// Append `text` in double quotes.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '\\' || c == '"') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  out += '"';
}

/// Bytes of the character that starts at `text`, or 0 where it isn't well formed (Unicode 15, table 3-7).
std::size_t utf8_character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;  // a continuation byte, or an overlong form of ASCII
  if (!continues(1)) return 0;
  if (lead < 0xE0) return 2;
  if (!continues(2)) return 0;
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;   // overlong
  if (lead == 0xED && byte(1) >= 0xA0) return 0;  // surrogates
  if (lead < 0xF0) return 3;
  if (!continues(3)) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;   // overlong
  if (lead == 0xF4 && byte(1) >= 0x90) return 0;  // above U+10FFFF
  return lead <= 0xF4 ? 4 : 0;
}

/// Bytes at the front of `text` that are ASCII, in whole steps of eight.
std::size_t ascii_prefix(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t size = 0;
  for (std::uint64_t step = 0; size + sizeof step <= text.size(); size += sizeof step) {
    std::memcpy(&step, text.data() + size, sizeof step);
    if ((step & kHighBits) != 0) break;
  }
  return size;
}

}  // namespace

Result<Labels> Labels::create(std::vector<Label> labels) {
  const auto unnamed = std::ranges::find_if(labels, [](const Label& label) { return label.name.empty(); });
  if (unnamed != labels.end()) {
    return Error{.code = ErrorCode::kUsage,
                 .message = "the label with value " + quote_label_value(unnamed->value) + " has no name"};
  }
  std::erase_if(labels, [](const Label& label) { return label.value.empty(); });
  std::ranges::sort(labels, {}, &Label::name);
  const auto twice = std::ranges::adjacent_find(labels, {}, &Label::name);
  if (twice != labels.end()) {
    return Error{.code = ErrorCode::kUsage,
                 .message = "the label name " + quote_label_value(twice->name) + " stands twice"};
  }
  Labels sorted;
  sorted.pairs_ = std::move(labels);
  return sorted;
}

std::string_view Labels::get(std::string_view name) const {
  const auto found = std::ranges::lower_bound(pairs_, name, {}, &Label::name);
  return found != pairs_.end() && found->name == name ? std::string_view(found->value) : std::string_view();
}

std::string Labels::text() const {
  const std::string_view metric = get(kMetricName);
  const bool classic = is_classic_metric_name(metric);
  std::string text(classic ? metric : std::string_view());
  std::string_view separator = "{";
  if (!metric.empty() && !classic) {
    append_quoted(text += separator, metric);
    separator = ",";
  }
  for (const Label& label : pairs_) {
    if (label.name == kMetricName) continue;
    text += separator;
    separator = ",";
    if (is_classic_label_name(label.name)) {
      text += label.name;
    } else {
      append_quoted(text, label.name);
    }
    append_quoted(text += '=', label.value);
  }
  if (separator == ",") return text += '}';
  return text.empty() ? "{}" : text;
}

std::strong_ordering operator<=>(const Labels& a, const Labels& b) {
  // Strings compare as unsigned bytes: char_traits<char> says so whatever the sign of char.
  return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
}

bool is_classic_metric_name(std::string_view name) {
  const auto start = [](char c) { return is_name_start(c) || c == ':'; };
  const auto part = [](char c) { return is_name_part(c) || c == ':'; };
  return !name.empty() && start(name.front()) && std::ranges::all_of(name, part);
}

bool is_classic_label_name(std::string_view name) {
  return !name.empty() && is_name_start(name.front()) && std::ranges::all_of(name, is_name_part);
}

bool is_valid_utf8(std::string_view text) {
  while (true) {
    text.remove_prefix(ascii_prefix(text));
    if (text.empty()) return true;
    // At most seven ASCII bytes, or any other characters, before the fast way is tried again.
    for (int i = 0; i < 8 && !text.empty(); ++i) {
      const std::size_t size = utf8_character_size(text);
      if (size == 0) return false;
      text.remove_prefix(size);
    }
  }
}

std::string quote_label_value(std::string_view text) {
  std::string quoted;
  append_quoted(quoted, text);
  return quoted;
}

}  // namespace PROMFILL_ABI
}  // namespace promfill
