// Postings lists and their offset table, held against the series that come by. Private to the verifier.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "block/verify_findings.h"
#include "encoding/bytes.h"
#include "section/index_format.h"

namespace promfill {

class PostingsCheck {
 public:
  /// Check the lists and the table by themselves: place, padding, order, checksums.
  /// @param body     the index file without its TOC; borrowed, as are the symbols.
  /// @param symbols  in rising order.
  PostingsCheck(ByteView body, const IndexToc& toc, std::span<const std::string_view> symbols, Findings& findings);

  /// The next series of the file: each of its lists must go on with it.
  void series(SeriesRef ref, std::span<const SymbolPair> labels);
  /// After the last series: no list has more.
  void finish();

 private:
  struct List {
    ByteView refs;         // BE32 each
    std::size_t next = 0;  // bytes passed
    bool reported = false;
  };

  /// Check and keep the list at `offset`; return where it ends, or 0.
  std::uint64_t add_list(ByteView body, std::uint64_t key, std::string_view name, std::string_view value,
                         std::uint64_t offset);
  void pass(SeriesRef ref, std::uint64_t key);
  [[nodiscard]] std::string text(std::uint64_t key) const;

  std::span<const std::string_view> symbols_;
  Findings& findings_;
  std::unordered_map<std::uint64_t, List> lists_;  // by name symbol << 32 | value symbol
  bool usable_ = true;                             // the table could be read
};

/// Zero bytes only.
[[nodiscard]] bool is_padding(ByteView bytes);

}  // namespace promfill
