// See string_order.h.
#include "store/string_order.h"

#include <algorithm>
#include <cstring>

#include "encoding/big_endian.h"

namespace promfill {
namespace {

struct Word {
  std::uint64_t bytes;     // the next eight, big-endian, zeros behind the end
  std::uint32_t position;  // of the string
  std::uint32_t left;      // of the string from here on, at most 9: tells a zero byte from the end
  friend bool operator<(const Word& a, const Word& b) {
    return a.bytes != b.bytes ? a.bytes < b.bytes : a.left < b.left;
  }
};

Word word_at(std::string_view string, std::size_t depth, std::uint32_t position) {
  std::uint8_t bytes[8] = {};
  const std::size_t left = string.size() - std::min(depth, string.size());
  std::memcpy(bytes, string.data() + std::min(depth, string.size()), std::min<std::size_t>(8, left));
  return {load_be64(bytes), position, static_cast<std::uint32_t>(std::min<std::size_t>(left, 9))};
}

void sort_from(std::span<const std::string_view> strings, std::span<Word> words, std::size_t depth) {
  if (words.size() < 2) return;
  while (true) {
    for (Word& word : words) word = word_at(strings[word.position], depth, word.position);
    // All alike and more to come, such as a common prefix: deeper without sorting.
    const Word first = words.front();
    const auto is_same = [&](const Word& word) { return word.bytes == first.bytes && word.left == 9; };
    if (!std::all_of(words.begin(), words.end(), is_same)) break;
    depth += 8;
  }
  std::sort(words.begin(), words.end());
  for (std::size_t begin = 0; begin < words.size();) {
    std::size_t end = begin + 1;
    while (end < words.size() && !(words[begin] < words[end])) ++end;
    if (end - begin > 1 && words[begin].left == 9) sort_from(strings, words.subspan(begin, end - begin), depth + 8);
    begin = end;
  }
}

}  // namespace

std::vector<std::uint32_t> order_of_strings(std::span<const std::string_view> strings) {
  std::vector<Word> words(strings.size());
  for (std::size_t i = 0; i < words.size(); ++i) words[i].position = static_cast<std::uint32_t>(i);
  sort_from(strings, words, 0);
  std::vector<std::uint32_t> order(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) order[i] = words[i].position;
  return order;
}

}  // namespace promfill
