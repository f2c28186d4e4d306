// See run_merge.h.
#include "merge/run_merge.h"

#include <algorithm>
#include <utility>

#include "merge/series_heads.h"

namespace promfill {
namespace {

using Runs = std::span<const std::shared_ptr<const Run>>;

Result<SymbolUnion> symbols_of(Runs runs) {
  std::vector<const SymbolList*> lists;
  for (const std::shared_ptr<const Run>& run : runs) lists.push_back(run.get());
  return SymbolUnion::build(std::move(lists));
}

/// What several runs have of a window, or of the series of their generations.
class MergedCursor final : public SeriesCursor {
 public:
  struct Part {
    std::unique_ptr<SeriesCursor> cursor;
    std::span<const std::uint32_t> numbers;
  };
  explicit MergedCursor(std::vector<Part> parts) : parts_(std::move(parts)) {}

  Result<bool> next() override {
    for (Part& part : std::exchange(parts_, {})) {
      PROMFILL_TRY_STATUS(heads_.add(std::move(part.cursor), part.numbers));
    }
    return heads_.next();
  }
  [[nodiscard]] std::span<const SymbolPair> labels() const override { return heads_.labels(); }
  Status add_pieces(std::vector<SeriesPiece>& out) override { return heads_.add_pieces(out); }

 private:
  std::vector<Part> parts_;  // until the first next()
  SeriesHeads heads_;
};

std::unique_ptr<SeriesCursor> walk_window(Runs runs, const SymbolUnion& symbols, std::int64_t number) {
  std::vector<MergedCursor::Part> parts;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Run::Window* const window = runs[i]->window(number);
    if (window != nullptr) parts.push_back({RunWindow(runs[i], *window).walk(), symbols.numbers(i)});
  }
  return std::make_unique<MergedCursor>(std::move(parts));
}

std::unique_ptr<SeriesCursor> walk_all_series(Runs runs, const SymbolUnion& symbols) {
  std::vector<MergedCursor::Part> parts;
  for (std::size_t i = 0; i < runs.size(); ++i) parts.push_back({runs[i]->walk_series(), symbols.numbers(i)});
  return std::make_unique<MergedCursor>(std::move(parts));
}

}  // namespace

Result<std::shared_ptr<const Run>> merge_runs(FileSystem& fs, std::string path, Runs runs,
                                              std::span<const std::int64_t> windows) {
  PROMFILL_ASSERT(!runs.empty());
  PROMFILL_TRY(const SymbolUnion symbols, symbols_of(runs));
  PROMFILL_TRY(RunWriter writer,
               RunWriter::create(fs, std::move(path), runs.back()->generation(), runs.back()->level() + 1));
  PROMFILL_TRY_STATUS(
      symbols.for_each([&](std::uint32_t, std::string_view text) -> Status { return writer.add_symbol(text); }));
  PROMFILL_TRY_STATUS(writer.end_symbols());
  for (const std::int64_t number : windows) {
    PROMFILL_TRY_STATUS(writer.add_window(number, [&] { return walk_window(runs, symbols, number); }));
  }
  if (std::any_of(runs.begin(), runs.end(), [](const auto& run) { return run->ends_generation(); })) {
    PROMFILL_TRY_STATUS(writer.add_series(*walk_all_series(runs, symbols)));
  }
  return std::move(writer).finish();
}

Result<std::uint64_t> count_distinct_series(Runs runs) {
  PROMFILL_TRY(const SymbolUnion symbols, symbols_of(runs));
  const std::unique_ptr<SeriesCursor> series = walk_all_series(runs, symbols);
  for (std::uint64_t count = 0;; ++count) {
    PROMFILL_TRY(const bool more, series->next());
    if (!more) return count;
  }
}

}  // namespace promfill
