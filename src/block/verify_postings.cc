// Postings check; see verify_postings.h. Bytes: docs/format/index.md.
#include "block/verify_postings.h"

#include <algorithm>
#include <optional>

#include "encoding/byte_writer.h"
#include "promfill/labels.h"
#include "section/postings_table.h"

namespace promfill {
namespace {

constexpr std::size_t kFrameBytes = 4 + 4;  // length before, checksum after
constexpr std::uint64_t kAllKey = 0;        // ("", ""), both symbol 0

std::uint64_t key_of(SymbolPair label) {
  return (static_cast<std::uint64_t>(label.name.value) << 32) | label.value.value;
}

std::optional<std::uint32_t> find_symbol(std::span<const std::string_view> symbols, std::string_view text) {
  const auto it = std::ranges::lower_bound(symbols, text);
  if (it == symbols.end() || *it != text) return std::nullopt;
  return static_cast<std::uint32_t>(it - symbols.begin());
}

std::string pair_text(std::string_view name, std::string_view value) {
  return std::string(name) + "=" + quote_label_value(value);
}

}  // namespace

bool is_padding(ByteView bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

PostingsCheck::PostingsCheck(ByteView body, const IndexToc& toc, std::span<const std::string_view> symbols,
                             Findings& findings)
    : symbols_(symbols), findings_(findings) {
  const auto content = framed_content(body, toc.postings_table, "postings offset table");
  auto entries = content ? parse_postings_table(*content, toc.postings_table)
                         : Result<std::vector<PostingsEntry>>(content.error());
  if (!entries) {
    findings.problem("index: " + entries.error().text());
    usable_ = false;
    return;
  }
  if (const std::uint64_t end = toc.postings_table + kFrameBytes + content->size(); end != body.size()) {
    findings.problem("index: postings offset table ends at " + std::to_string(end) + ", the TOC starts at " +
                     std::to_string(body.size()));
  }
  if (entries->empty() || !entries->front().name.empty() || !entries->front().value.empty()) {
    findings.problem("index: the postings offset table does not begin with the list of all series");
  }
  std::uint64_t next = (toc.postings + kPostingsAlignment - 1) / kPostingsAlignment * kPostingsAlignment;
  if (next > toc.postings_table || !is_padding(body.subspan(toc.postings, next - toc.postings))) {
    findings.problem("index: bad padding before postings at " + std::to_string(toc.postings));
  }
  lists_.reserve(entries->size());
  for (const PostingsEntry& entry : *entries) {
    if (entry.offset != next) {
      findings.problem("index: postings of " + pair_text(entry.name, entry.value) + " are at " +
                       std::to_string(entry.offset) + ", not at " + std::to_string(next));
    }
    const auto name = find_symbol(symbols, entry.name);
    const auto value = find_symbol(symbols, entry.value);
    if (!name || !value) {
      findings.problem("index: postings of " + pair_text(entry.name, entry.value) + ", which are not both symbols");
      usable_ = false;
      return;
    }
    next = add_list(body, key_of({{*name}, {*value}}), entry.name, entry.value, entry.offset);
    if (next == 0) return;
  }
  // Before 3.x, Prometheus wrote more sections between the two; check_frame() told.
  if (next != toc.postings_table && toc.label_indices_table == toc.postings_table) {
    findings.problem("index: postings end at " + std::to_string(next) + ", their offset table starts at " +
                     std::to_string(toc.postings_table));
  }
}

std::uint64_t PostingsCheck::add_list(ByteView body, std::uint64_t key, std::string_view name, std::string_view value,
                                      std::uint64_t offset) {
  const auto content = framed_content(body, offset, "postings of " + pair_text(name, value));
  if (!content) {
    findings_.problem("index: " + content.error().text());
    usable_ = false;
    return 0;
  }
  if (content->size() < 4 || content->size() % 4 != 0 || load_be32(content->data()) != content->size() / 4 - 1) {
    findings_.problem("index: postings of " + pair_text(name, value) + " at " + std::to_string(offset) +
                      " do not have the length that they state");
    usable_ = false;
    return 0;
  }
  lists_[key] = {.refs = content->subspan(4)};
  return offset + kFrameBytes + content->size();
}

void PostingsCheck::series(SeriesRef ref, std::span<const SymbolPair> labels) {
  if (!usable_) return;
  pass(ref, kAllKey);
  for (const SymbolPair label : labels) pass(ref, key_of(label));
}

void PostingsCheck::pass(SeriesRef ref, std::uint64_t key) {
  const auto it = lists_.find(key);
  if (it == lists_.end()) {
    findings_.problem("index: no postings of " + text(key));
    lists_[key].reported = true;
    return;
  }
  List& list = it->second;
  if (list.reported) return;
  if (list.next == list.refs.size() || load_be32(list.refs.data() + list.next) != ref.value) {
    findings_.problem("index: postings of " + text(key) + " do not go on with the series at " +
                      std::to_string(ref.offset()));
    list.reported = true;
    return;
  }
  list.next += 4;
}

void PostingsCheck::finish() {
  if (!usable_) return;
  for (const auto& [key, list] : lists_) {
    if (!list.reported && list.next != list.refs.size()) {
      findings_.problem("index: postings of " + text(key) + " name a series that does not follow");
    }
  }
}

std::string PostingsCheck::text(std::uint64_t key) const {
  if (key == kAllKey) return "all series";
  return pair_text(symbols_[key >> 32], symbols_[key & 0xffffffff]);
}

}  // namespace promfill
