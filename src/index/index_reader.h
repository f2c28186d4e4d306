// Index file reader: symbols, postings and series of one block; safe on any bytes. Holds the file in memory (one read
// at open); the strings and views it returns are borrowed from it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chunk/chunk_meta.h"
#include "encoding/bytes.h"
#include "file/file_system.h"
#include "index/matcher.h"
#include "promfill/labels.h"
#include "section/index_format.h"
#include "section/postings_table.h"
#include "section/series_entry.h"

namespace promfill {

struct IndexedSeries {
  Labels labels;
  std::vector<ChunkMeta> chunks;
};

/// Move-only: symbols and postings entries point into the file's bytes.
class IndexReader {
 public:
  IndexReader(IndexReader&&) = default;
  IndexReader& operator=(IndexReader&&) = default;

  /// Check header, TOC, symbol table and offset table (all checksums), and read them.
  /// @error kCorrupt  with the section and byte offset.
  static Result<IndexReader> open(FileSystem& fs, const std::string& path);
  /// The same on bytes in memory, for the fuzzer and the verifier. `name` stands in messages.
  static Result<IndexReader> parse(Bytes bytes, std::string name);

  [[nodiscard]] const IndexToc& toc() const { return toc_; }
  [[nodiscard]] ByteView file() const { return bytes_; }
  [[nodiscard]] std::span<const std::string_view> symbols() const { return symbols_; }
  [[nodiscard]] std::span<const PostingsEntry> postings_entries() const { return postings_; }

  /// Distinct label names, sorted; without the "all postings" key.
  [[nodiscard]] std::vector<std::string_view> label_names() const;
  [[nodiscard]] std::vector<std::string_view> label_values(std::string_view name) const;

  /// Series with this label, rising; ("", "") is all of them. An absent pair gives none. @error kCorrupt
  [[nodiscard]] Result<std::vector<SeriesRef>> postings(std::string_view name, std::string_view value) const;
  /// Series that every matcher matches, in index order; no matcher: all. Looks postings up before it reads series.
  /// @error kCorrupt
  [[nodiscard]] Result<std::vector<SeriesRef>> select(std::span<const Matcher> matchers) const;
  /// @error kCorrupt  checksum, symbol out of range, malformed entry, label names that don't rise, an empty value.
  [[nodiscard]] Result<IndexedSeries> series(SeriesRef ref) const;
  /// The same by symbols; the order of its labels and chunks is not checked. @error kCorrupt
  [[nodiscard]] Result<SeriesEntry> entry(SeriesRef ref) const;

 private:
  IndexReader(Bytes bytes, std::string name) : bytes_(std::move(bytes)), name_(std::move(name)) {}

  Status read_header();
  Status read_toc();
  Status read_sections();

  /// Entries of one label name; those of "" are without the "all postings" key.
  [[nodiscard]] std::span<const PostingsEntry> entries_of(std::string_view name) const;
  [[nodiscard]] Result<std::vector<SeriesRef>> list(const PostingsEntry& entry) const;
  [[nodiscard]] Result<std::vector<SeriesRef>> all_series() const { return postings("", ""); }
  /// Keep of `series` what `matcher` matches, by the series' own labels or by the postings of the label's values.
  Status keep_by_labels(const Matcher& matcher, std::vector<SeriesRef>& series) const;
  Status keep_by_postings(const Matcher& matcher, std::vector<SeriesRef>& series) const;
  /// The error with this file's name before its place.
  [[nodiscard]] Error in_file(Error error) const;

  Bytes bytes_;
  std::string name_;
  IndexToc toc_;
  std::vector<std::string_view> symbols_;
  std::vector<PostingsEntry> postings_;  // in table order: by name, then value
};

}  // namespace promfill
