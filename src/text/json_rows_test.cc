// Goal: lines of JSON become the columns a reader of them would write down, and what is odd is named with its line.
#include "text/json_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "text/json_layout.h"
#include "text/json_objects.h"
#include "text/line_reader.h"

namespace promfill {
namespace {

/// With the readable bytes behind that the parser wants.
struct Lines {
  explicit Lines(std::string_view text)
      : padded(std::string(text) + std::string(LineReader::kPaddingBytes, ' ')), size(text.size()) {}
  [[nodiscard]] std::string_view view() const { return std::string_view(padded).substr(0, size); }
  std::string padded;
  std::size_t size;
};

JsonLayout layout_of(std::string_view text) {
  auto layout = find_json_layout(text, true, "t.jsonl");
  EXPECT_TRUE(layout) << layout.error().message;
  return layout ? *std::move(layout) : JsonLayout();
}

JsonRows read_all(std::string_view text, const JsonLayout& layout, std::int64_t first_number = 1) {
  std::vector<ColumnRequest> requests;
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    if (layout.columns[i].type.kind != ColumnKind::kOther) requests.push_back({i, false});
  }
  JsonRowParser parser(layout.columns, requests);
  const Lines lines(text);
  return parser.read(lines.view(), first_number, 1 << 20);
}

std::string shown(const TextColumn& column) {
  const ColumnView view = column.view();
  std::string out;
  for (std::int64_t row = 0; row < column.rows(); ++row) {
    out += row == 0 ? "" : " ";
    if (!view.valid(row)) {
      out += "null";
    } else if (view.kind == ColumnKind::kUtf8) {
      out += view.text(row);
    } else if (view.kind == ColumnKind::kDouble) {
      char text[32];
      std::snprintf(text, sizeof text, "%g", view.doubles()[row]);
      out += text;
    } else if (view.kind == ColumnKind::kBool) {
      out += view.boolean(row) ? "true" : "false";
    } else {
      out += std::to_string(view.int64s()[row]);
    }
  }
  return out;
}

TEST(JsonLayout, ColumnsComeInOrderOfTheirFirstAppearanceWithMembersByPath) {
  const JsonLayout layout = layout_of(R"({"t": 1, "of": {"host": "a", "deep": {"x": true}}, "list": [1]}
{"v": null, "t": 2, "of": {"rack": "2020-01-01T00:00:00Z"}, "v": 0.5}
)");
  std::string names;
  for (const ColumnField& field : layout.columns) names += field.name + ":" + field.type.source_type + " ";
  EXPECT_EQ(names, "t:integer of.host:text of.deep.x:true or false list:list v:number of.rack:time ");
}

TEST(JsonLayout, ATextWithoutObjectsIsAnError) {
  for (const std::string_view text : {"", "\n", "[1, 2]\n", "{\"a\": \n", "x,y\n1,2\n"}) {
    const auto layout = find_json_layout(text, true, "t.jsonl");
    ASSERT_FALSE(layout) << text;
    EXPECT_EQ(layout.error().code, ErrorCode::kData);
  }
}

TEST(JsonRows, ReadsRowsWhateverTheOrderOfTheirKeys) {
  const std::string_view text = R"({"a": 1, "b": "x", "c": {"d": 0.5}}
{"c": {"d": 2}, "b": "y\u00e9\n", "a": -9007199254740993}

{"b": null}
)";
  const JsonRows rows = read_all(text, layout_of(text));
  EXPECT_EQ(rows.rows, 3);
  EXPECT_EQ(rows.numbers, 4);
  EXPECT_EQ(rows.bytes, text.size());
  EXPECT_EQ(rows.no_rows, std::vector<std::int64_t>{3});
  EXPECT_EQ(shown(rows.columns[0]), "1 -9007199254740993 null");
  EXPECT_EQ(shown(rows.columns[1]), "x y\xC3\xA9\n null");
  EXPECT_EQ(shown(rows.columns[2]), "0.5 2 null");
  EXPECT_TRUE(rows.bad_rows.empty() && rows.bad_cells.empty() && rows.unknown_columns.empty());
}

TEST(JsonRows, TextsStayTextsWhereTheyAreAskedFor) {
  const std::string_view text = "{\"t\": \"2020-01-02\"}\n{\"t\": 5}\n";
  const JsonLayout layout = layout_of("{\"t\": \"2020-01-02\"}\n");
  ASSERT_EQ(layout.columns[0].type.kind, ColumnKind::kTimestamp);
  const std::vector<ColumnRequest> requests{{.column = 0, .as_label = false, .as_text = true}};
  JsonRowParser parser(layout.columns, requests);
  const Lines lines(text);
  const JsonRows rows = parser.read(lines.view(), 1, 10);
  EXPECT_EQ(shown(rows.columns[0]), "2020-01-02 5");
}

TEST(JsonRows, NumbersThatJsonHasNoWordFor) {
  const JsonLayout layout{.columns = {{"v", {.kind = ColumnKind::kDouble}}}};
  const JsonRows rows = read_all(R"({"v": "NaN"}
{"v": "-Infinity"}
{"v": "12"}
{"v": 18446744073709551615}
{"v": 123456789012345678901234567890}
{"v": 1e400}
)",
                                 layout);
  EXPECT_EQ(shown(rows.columns[0]), "nan -inf 12 1.84467e+19 1.23457e+29 inf");
  EXPECT_TRUE(rows.bad_cells.empty());
}

TEST(JsonRows, NamesWhatIsNoRow) {
  const std::string_view good = "{\"a\": 1, \"b\": true}\n";
  const JsonLayout layout = layout_of(good);
  struct Case {
    std::string_view line;
    std::string_view reason;
  };
  for (const Case& c : {Case{"{\"a\": 1", "invalid_json"}, Case{"{\"a\": 1} x", "invalid_json"},
                        Case{"{\"a\" 1}", "invalid_json"}, Case{"[1]", "no_object"}, Case{"5", "no_object"},
                        Case{"\"a\"", "no_object"}, Case{"{\"a\": 1, \"a\": 2}", "duplicate_key"},
                        Case{"{\"a\": 01}", "invalid_json"}, Case{"{\"a\": tru}", "invalid_json"},
                        Case{"{\"a\": \"\xFF\"}", "invalid_json"}, Case{"{\"a\": 1}}", "invalid_json"}}) {
    const std::string text = std::string(good) + std::string(c.line) + "\n" + std::string(good);
    const JsonRows rows = read_all(text, layout, 11);
    ASSERT_EQ(rows.bad_rows.size(), 1U) << c.line;
    EXPECT_EQ(rows.bad_rows[0].number, 12) << c.line;
    EXPECT_EQ(rows.bad_rows[0].reason, c.reason) << c.line;
    EXPECT_EQ(rows.bad_rows[0].text, c.line);
    EXPECT_EQ(rows.rows, 2) << c.line;
    EXPECT_EQ(shown(rows.columns[0]), "1 1") << c.line;
    EXPECT_EQ(shown(rows.columns[1]), "true true") << c.line;
    EXPECT_TRUE(rows.bad_cells.empty()) << c.line;
  }
}

TEST(JsonRows, NamesCellsOfAnotherKind) {
  const JsonLayout layout = layout_of("{\"n\": 1, \"t\": \"2020-01-01T00:00:00Z\", \"b\": true, \"s\": \"x\"}\n");
  const JsonRows rows = read_all("{\"n\": \"many\", \"t\": 5, \"b\": 1, \"s\": [1, 2]}\n{\"n\": {\"x\": 1}}\n", layout);
  std::string found;
  for (const BadCell& cell : rows.bad_cells)
    found += std::to_string(cell.column) + "/" + std::to_string(cell.row) + ":" + cell.text + " ";
  EXPECT_EQ(found, "0/0:many 1/0:5 2/0:1 3/0:[1, 2] 0/1:{\"x\": 1} ");
  EXPECT_EQ(shown(rows.columns[0]), "null null");
}

TEST(JsonRows, NamesAColumnThatNobodyKnewOnce) {
  const JsonLayout layout = layout_of("{\"a\": 1}\n");
  const JsonRows rows =
      read_all("{\"a\": 1, \"new\": null}\n{\"new\": 1}\n{\"new\": 2, \"o\": {\"p\": 1}}\n{\"broken\": 1, }\n", layout);
  ASSERT_EQ(rows.unknown_columns.size(), 2U);
  EXPECT_EQ(rows.unknown_columns[0].name, "new");
  EXPECT_EQ(rows.unknown_columns[0].number, 2);
  EXPECT_EQ(rows.unknown_columns[1].name, "o.p");
}

class MemoryStream final : public ByteStream {
 public:
  explicit MemoryStream(std::string_view text) : text_(text) {}
  Result<std::size_t> read(std::span<char> out) override {
    const std::size_t bytes = std::min(out.size(), text_.size() - at_);
    std::memcpy(out.data(), text_.data() + at_, bytes);
    at_ += bytes;
    return bytes;
  }
  [[nodiscard]] std::uint64_t stored_bytes_read() const override { return at_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

std::string objects_of(std::string_view text, std::size_t step) {
  const auto stream = read_json_objects(std::make_unique<MemoryStream>(text));
  std::string out;
  std::string buffer(step, '\0');
  while (true) {
    const auto bytes = stream->read(buffer);
    EXPECT_TRUE(bytes);
    out.append(buffer, 0, *bytes);
    if (*bytes < step) return out;
  }
}

TEST(JsonObjects, StandALineEach) {
  for (const std::size_t step : {1U, 3U, 4096U}) {
    EXPECT_EQ(objects_of("[{\"a\": [1,\n2]},{\"b]}\": \"\\\"}\"}\r\n]", step),
              "{\"a\": [1, 2]}\n{\"b]}\": \"\\\"}\"}\n");
    EXPECT_EQ(objects_of("{\"a\":1}{\"a\":2}\n\n{\n\"a\":\t3}", step), "{\"a\":1}\n{\"a\":2}\n{ \"a\": 3}\n");
    EXPECT_EQ(objects_of("[1, \"x y\", {}, null]", step), "1\n\"x y\"\n{}\nnull\n");
    EXPECT_EQ(objects_of("[]", step), "");
    EXPECT_EQ(objects_of("[{\"a\":", step), "{\"a\":");
  }
}

TEST(JsonObjects, AreSeenToStandInLines) {
  EXPECT_TRUE(has_object_per_line("\n {\"a\": {}}\n{\"b\": 1}"));
  EXPECT_TRUE(has_object_per_line("{\"a\": \"[\"}"));
  EXPECT_FALSE(has_object_per_line("{\n\"a\": 1}"));
  EXPECT_FALSE(has_object_per_line("[{\"a\": 1}]"));
  EXPECT_FALSE(has_object_per_line(" \n"));
}

}  // namespace
}  // namespace promfill
