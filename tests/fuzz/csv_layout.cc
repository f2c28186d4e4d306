// The beginning of a CSV file, as its layout is found out: any text has one, or an error that says where; what a cell
// is taken for can be read as that.
#include <string>

#include "target.h"
#include "text/csv_layout.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace promfill;
  if (size < 2) return 0;
  CsvOptions options;
  // Of the first byte each bit says one thing, so that mutation reaches all options.
  if ((data[0] & 1) != 0) options.delimiter = static_cast<char>(data[1]);
  if ((data[0] & 2) != 0) options.header = (data[0] & 4) != 0;
  if ((data[0] & 8) != 0) options.cells.decimal = ',';
  if ((data[0] & 16) != 0) options.cells.thousands = '.';
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto layout = find_csv_layout(text, options, "t.csv");
  if (!layout) {
    FUZZ_EXPECT(!layout.error().message.empty() && !layout.error().where.empty());
    return 0;
  }
  FUZZ_EXPECT(!layout->columns.empty() && layout->data_begin <= text.size() && layout->first_row >= 1);
  if (!options.delimiter) FUZZ_EXPECT(!layout->decisions.empty());
  if (const auto integer = integer_of(text, {})) FUZZ_EXPECT(number_of(text, {}) == static_cast<double>(*integer));
  return 0;
}
