// Accounts for every byte of an index file, and gives the chunks that it lists to the check of the segments. Private to
// the verifier.
//
// Series are compared with postings in one pass: postings lists rise, so each list has a place that moves on when a
// series with its label comes by. Memory: the file, and about 100 bytes a label pair.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "block/verify_findings.h"
#include "encoding/bytes.h"
#include "section/index_format.h"
#include "section/series_entry.h"

namespace promfill {

class WalkedIndex {
 public:
  /// Check `file` and report what is wrong. Nothing is returned where header, TOC or symbols allow no further look.
  static std::optional<WalkedIndex> walk(Bytes file, Findings& findings);

  /// Go through the series in file order.
  class Cursor {
   public:
    explicit Cursor(const WalkedIndex& index) : index_(index), position_(index.toc_.series) {}
    /// The next series, or nothing at the end of what could be walked.
    std::optional<SeriesEntry> next();

   private:
    const WalkedIndex& index_;
    std::uint64_t position_;
  };

  /// Whether the walk reached the end of the series section.
  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] std::string text(std::span<const SymbolPair> labels) const;

 private:
  explicit WalkedIndex(Bytes file) : file_(std::move(file)) {}

  bool check_frame(Findings& findings);
  bool check_symbols(Findings& findings);
  void check_series(Findings& findings);

  [[nodiscard]] ByteView body() const { return ByteView(file_).first(file_.size() - kTocBytes); }

  Bytes file_;
  IndexToc toc_;
  std::vector<std::string_view> symbols_;
  std::uint64_t series_end_ = 0;  // of what could be walked
  bool complete_ = false;
};

}  // namespace promfill
