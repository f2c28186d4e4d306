// Postings lists in a scratch stream: what a list takes here is what the next one can't tell.
//   uvarint 2 · series + (1 where the name is another than in the list before) | uvarint name - name before, if so
//   | uvarint value, less the value before where the name is the same | series × uvarint reference - reference before
// Lists stand by name, then value. Twins: PostingsRunWriter and PostingsRunReader.
#pragma once

#include "section/index_format.h"
#include "section/scratch_file.h"

namespace promfill {

/// Which label a list is of, and how many series are in it.
struct PostingsHead {
  SymbolPair label;
  std::uint64_t count = 0;
};

/// @param previous  label of the head before; of the first, {}.
void put_postings_head(const PostingsHead& head, SymbolPair previous, ScratchStream& out, ScratchFile& scratch);
PostingsHead next_postings_head(SymbolPair previous, ScratchReader& in);

class PostingsRunWriter {
 public:
  PostingsRunWriter(ScratchStream& out, ScratchFile& scratch) : out_(&out), scratch_(&scratch) {}

  /// Begin a list; `count` add() follow, then end().
  Status begin(SymbolPair label, std::uint64_t count) {
    put_postings_head({label, count}, label_, *out_, *scratch_);
    label_ = label;
    series_ = 0;
    return {};
  }
  void add(SeriesRef series) {
    out_->put(series.value - series_, *scratch_);
    series_ = series.value;
  }
  Status end() { return scratch_->status(); }

 private:
  ScratchStream* out_;
  ScratchFile* scratch_;
  SymbolPair label_;
  std::uint32_t series_ = 0;
};

/// After a failure, which the scratch file keeps, lists and series are not to be relied on; next() ends them.
class PostingsRunReader {
 public:
  PostingsRunReader(const ScratchStream& run, ScratchFile& scratch) : in_(run, scratch) {}

  /// Go to the next list, when the series of this one were read. False at the end.
  bool next() {
    if (in_.at_end()) return false;
    head_ = next_postings_head(head_.label, in_);
    series_ = 0;
    return true;
  }
  [[nodiscard]] const PostingsHead& head() const { return head_; }
  SeriesRef series() {
    series_ += static_cast<std::uint32_t>(in_.next());
    return {series_};
  }

 private:
  ScratchReader in_;
  PostingsHead head_;
  std::uint32_t series_ = 0;
};

}  // namespace promfill
