// Objects out of any text: lines as columns, by the layout that their own beginning gives. Rows, bad rows and blank
// lines are all lines; taken from an array or from lines, no line is lost.
#include <string>

#include "target.h"
#include "text/json_layout.h"
#include "text/json_objects.h"
#include "text/json_rows.h"
#include "text/line_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace promfill;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto layout = find_json_layout(text, true, "t.jsonl");
  (void)has_object_per_line(text);
  if (!layout) return 0;
  std::vector<ColumnRequest> requests;
  for (std::size_t i = 0; i < layout->columns.size(); ++i) {
    if (layout->columns[i].type.kind == ColumnKind::kOther) continue;
    requests.push_back({i, false});
    requests.push_back({i, true});
  }
  JsonRowParser parser(layout->columns, requests);
  const std::string padded = text + std::string(LineReader::kPaddingBytes, '\0');
  const std::string_view lines = std::string_view(padded).substr(0, text.size());
  const JsonRows rows = parser.read(lines, 1, 1 << 20);
  FUZZ_EXPECT(rows.bytes == text.size());
  FUZZ_EXPECT(rows.numbers == rows.rows + static_cast<std::int64_t>(rows.no_rows.size()));
  FUZZ_EXPECT(rows.bad_rows.size() <= rows.no_rows.size());
  for (const TextColumn& column : rows.columns) FUZZ_EXPECT(column.rows() == rows.rows);
  for (const BadCell& cell : rows.bad_cells) {
    FUZZ_EXPECT(cell.row < rows.rows && !rows.columns[cell.column].view().valid(cell.row));
  }
  return 0;
}
