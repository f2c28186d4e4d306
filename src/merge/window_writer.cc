// See window_writer.h.
#include "merge/window_writer.h"

#include <bit>

#include "merge/series_heads.h"
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

class WindowWriting {
 public:
  WindowWriting(std::span<WindowSeries* const> sources, const SymbolUnion& symbols, const SeriesMergeOptions& options,
                BlockFilesWriter& writer, WindowTally& tally)
      : sources_(sources), symbols_(symbols), writer_(writer), tally_(tally), used_(symbols.size()), merge_(options) {}

  Status run() {
    PROMFILL_TRY_STATUS(write_symbols());
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      PROMFILL_TRY_STATUS(heads_.add(sources_[i]->walk(), symbols_.numbers(i)));
    }
    while (true) {
      PROMFILL_TRY(const bool more, heads_.next());
      if (!more) return {};
      PROMFILL_TRY_STATUS(write_series());
    }
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

  Status write_series() {
    pieces_.clear();
    PROMFILL_TRY_STATUS(heads_.add_pieces(pieces_));
    auto views = merge_.merge(pieces_, tally_);
    if (!views) {
      Error error = std::move(views).error();
      error.where = series_text() + (error.where.empty() ? "" : " at " + error.where);
      return error;
    }
    if (views->empty()) return {};
    labels_.clear();
    for (const SymbolPair& pair : heads_.labels()) {
      labels_.push_back({used_.number(pair.name.value), used_.number(pair.value.value)});
    }
    PROMFILL_TRY_STATUS(writer_.add_series(labels_, *views));
    for (const ChunkView& view : *views) tally_.samples += sample_count(view.encoding, view.data);
    return {};
  }

  [[nodiscard]] std::string series_text() const {
    const std::span<const SymbolPair> pairs = heads_.labels();
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
  BlockFilesWriter& writer_;
  WindowTally& tally_;
  UsedSymbols used_;
  SeriesMerge merge_;
  SeriesHeads heads_;
  std::vector<SeriesPiece> pieces_;
  std::vector<SymbolPair> labels_;
};

}  // namespace

Status write_window(std::span<WindowSeries* const> sources, const SymbolUnion& symbols,
                    const SeriesMergeOptions& options, BlockFilesWriter& writer, WindowTally& tally) {
  return WindowWriting(sources, symbols, options, writer, tally).run();
}

}  // namespace promfill
