// See window_writer.h.
#include "ingest/window_writer.h"

#include <algorithm>
#include <bit>

#include "encoding/big_endian.h"
#include "promfill/labels.h"

namespace promfill {
namespace {

/// The symbols that a block's series use, among all of the job: a bit each, and how many there are before each word.
class UsedSymbols {
 public:
  explicit UsedSymbols(std::size_t symbols) : words_(symbols / 64 + 1), before_(words_.size()) {}

  void use(std::uint32_t symbol) { words_[symbol / 64] |= std::uint64_t{1} << (symbol % 64); }
  [[nodiscard]] bool used(std::uint32_t symbol) const { return (words_[symbol / 64] >> (symbol % 64) & 1) != 0; }
  void count() {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      before_[i] = sum;
      sum += static_cast<std::uint32_t>(std::popcount(words_[i]));
    }
  }
  /// In the block; 0 is the empty string, so numbers start at 1.
  [[nodiscard]] SymbolRef number(std::uint32_t symbol) const {
    const std::uint64_t below = words_[symbol / 64] & ((std::uint64_t{1} << (symbol % 64)) - 1);
    return {before_[symbol / 64] + static_cast<std::uint32_t>(std::popcount(below)) + 1};
  }

 private:
  std::vector<std::uint64_t> words_;
  std::vector<std::uint32_t> before_;
};

/// One source while the window is written; its current series' labels are in the symbols of all.
struct Head {
  std::unique_ptr<SeriesCursor> cursor;
  std::span<const std::uint32_t> numbers;
  std::vector<SymbolPair> labels;

  Result<bool> next() {
    PROMFILL_TRY(const bool more, cursor->next());
    labels.clear();
    if (!more) return false;
    for (const SymbolPair& pair : cursor->labels()) labels.push_back({{numbers[pair.name.value]}, {numbers[pair.value.value]}});
    return true;
  }
};

class WindowWriting {
 public:
  WindowWriting(std::span<WindowSeries* const> sources, const SymbolUnion& symbols, const WindowWriterOptions& options,
                BlockWriter& writer, WindowTally& tally)
      : sources_(sources),
        symbols_(symbols),
        writer_(writer),
        tally_(tally),
        used_(symbols.size()),
        merge_(options.chunk_range_ms, options.on_duplicate) {}

  Status run() {
    PROMFILL_TRY_STATUS(write_symbols());
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      Head head{sources_[i]->walk(), symbols_.numbers(i), {}};
      PROMFILL_TRY(const bool more, head.next());
      if (more) heads_.push_back(std::move(head));
    }
    while (!heads_.empty()) PROMFILL_TRY_STATUS(write_least());
    return {};
  }

 private:
  Status write_symbols() {
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      const std::span<const std::uint32_t> numbers = symbols_.numbers(i);
      const std::unique_ptr<SeriesCursor> cursor = sources_[i]->walk();
      while (true) {
        PROMFILL_TRY(const bool more, cursor->next());
        if (!more) break;
        for (const SymbolPair& pair : cursor->labels()) {
          used_.use(numbers[pair.name.value]);
          used_.use(numbers[pair.value.value]);
        }
      }
    }
    used_.count();
    return symbols_.for_each([this](std::uint32_t number, std::string_view text) -> Status {
      if (!used_.used(number)) return {};
      return writer_.add_symbol(text);
    });
  }

  /// Write the series that comes next, and take every head that has it one on.
  Status write_least() {
    holders_.clear();
    for (std::size_t i = 0; i < heads_.size(); ++i) {
      if (!holders_.empty()) {
        const auto order = compare(heads_[i].labels, heads_[holders_.front()].labels);
        if (order > 0) continue;
        if (order < 0) holders_.clear();
      }
      holders_.push_back(i);
    }
    PROMFILL_TRY_STATUS(write_series());
    bool ended = false;
    for (const std::size_t i : holders_) {
      PROMFILL_TRY(const bool more, heads_[i].next());
      ended |= !more;
    }
    if (ended) std::erase_if(heads_, [](const Head& head) { return head.labels.empty(); });
    return {};
  }

  static std::strong_ordering compare(const std::vector<SymbolPair>& a, const std::vector<SymbolPair>& b) {
    return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
  }

  Status write_series() {
    pieces_.clear();
    for (const std::size_t i : holders_) PROMFILL_TRY_STATUS(heads_[i].cursor->add_pieces(pieces_));
    auto views = merge_.merge(pieces_, tally_.duplicates);
    if (!views) {
      Error error = std::move(views).error();
      error.where = series_text() + (error.where.empty() ? "" : " at " + error.where);
      return error;
    }
    labels_.clear();
    for (const SymbolPair& pair : heads_[holders_.front()].labels) {
      labels_.push_back({used_.number(pair.name.value), used_.number(pair.value.value)});
    }
    PROMFILL_TRY_STATUS(writer_.add_series(labels_, *views));
    for (const ChunkView& view : *views) tally_.samples += load_be16(view.data.data());
    return {};
  }

  [[nodiscard]] std::string series_text() const {
    const std::vector<SymbolPair>& pairs = heads_[holders_.front()].labels;
    std::vector<Label> labels(pairs.size());
    const Status walked = symbols_.for_each([&](std::uint32_t number, std::string_view text) -> Status {
      for (std::size_t i = 0; i < pairs.size(); ++i) {
        if (pairs[i].name.value == number) labels[i].name = text;
        if (pairs[i].value.value == number) labels[i].value = text;
      }
      return {};
    });
    const Result<Labels> made = walked ? Labels::create(std::move(labels)) : Result<Labels>(walked.error());
    return made ? made->text() : made.error().text();
  }

  std::span<WindowSeries* const> sources_;
  const SymbolUnion& symbols_;
  BlockWriter& writer_;
  WindowTally& tally_;
  UsedSymbols used_;
  SeriesMerge merge_;
  std::vector<Head> heads_;           // that have a series
  std::vector<std::size_t> holders_;  // of the series being written, in the sources' order
  std::vector<SeriesPiece> pieces_;
  std::vector<SymbolPair> labels_;
};

}  // namespace

Status write_window(std::span<WindowSeries* const> sources, const SymbolUnion& symbols,
                    const WindowWriterOptions& options, BlockWriter& writer, WindowTally& tally) {
  return WindowWriting(sources, symbols, options, writer, tally).run();
}

}  // namespace promfill
