// Any text as rows of CSV: where the index has an opinion, it is that of Arrow's parser, cell by cell.
#include <arrow/csv/options.h>
#include <arrow/csv/parser.h>
#include <arrow/status.h>

#include <cstddef>
#include <string_view>
#include <vector>

#include "target.h"
#include "text/csv_index.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace promfill;
  constexpr std::size_t kRowsMax = 1000;
  if (size < 1) return 0;
  const std::size_t columns = 1 + data[0] % 5;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  CsvIndex index(',', columns);
  if (!index.read(text, kRowsMax)) return 0;
  FUZZ_EXPECT(index.rows() > 0 && index.rows() <= kRowsMax && index.bytes() <= text.size());

  auto options = arrow::csv::ParseOptions::Defaults();
  options.newlines_in_values = true;
  arrow::csv::BlockParser parser(options, static_cast<std::int32_t>(columns), 1, static_cast<std::int32_t>(kRowsMax));
  std::uint32_t bytes = 0;
  FUZZ_EXPECT(parser.Parse(text, &bytes).ok());
  FUZZ_EXPECT(bytes == index.bytes() && static_cast<std::size_t>(parser.num_rows()) == index.rows());
  for (std::size_t i = 0; i < columns; ++i) {
    std::vector<std::string_view> cells;
    index.for_each_cell(i, [&](std::string_view cell) { cells.push_back(cell); });
    std::size_t row = 0;
    const arrow::Status all = parser.VisitColumn(
        static_cast<std::int32_t>(i), [&](const std::uint8_t* cell, std::uint32_t cell_size, bool, bool) {
          FUZZ_EXPECT(cells[row++] == std::string_view(reinterpret_cast<const char*>(cell), cell_size));
          return arrow::Status::OK();
        });
    FUZZ_EXPECT(all.ok() && row == cells.size());
  }
  return 0;
}
