// Any text as lines of samples, in each dialect: parsed as a block, twice with what was remembered, and line by line by
// a parser that remembers nothing and takes numbers the slow way. All must say the same.
#include <bit>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "openmetrics/float_text.h"
#include "openmetrics/text_block.h"
#include "target.h"

namespace {

using namespace promfill;

class Texts final : public SeriesNumbers {
 public:
  Result<std::uint32_t> number(std::vector<Label> labels) override {
    std::string text;
    for (const Label& label : labels) text += label.name + '\1' + label.value + '\2';
    return texts_.intern(text);
  }

 private:
  ByteTable texts_;
};

struct Read {
  std::vector<std::int64_t> times;
  std::vector<std::uint64_t> values;
  std::vector<std::uint32_t> series;
  std::vector<std::string> exemplars;  // with the places of their samples
  std::uint64_t lines = 0;
  bool ok = false;

  void add(const TextRows& rows) {
    for (const Exemplar& exemplar : rows.exemplars) {
      FUZZ_EXPECT(exemplar.row < rows.times_ms.size());
      std::string text = std::to_string(times.size() + exemplar.row);
      for (const Label& label : exemplar.labels) text += '\1' + label.name + '\2' + label.value;
      text += '\3' + std::to_string(std::bit_cast<std::uint64_t>(exemplar.value));
      exemplars.push_back(text + (exemplar.time ? std::to_string(exemplar.time->ms) : ""));
    }
    for (std::size_t run = 0, row = 0; run < rows.runs.size(); ++run) {
      const std::size_t end = run + 1 < rows.runs.size() ? rows.runs[run + 1].begin : rows.times_ms.size();
      for (; row < end; ++row) series.push_back(rows.runs[run].number);
    }
    times.insert(times.end(), rows.times_ms.begin(), rows.times_ms.end());
    for (const double value : rows.values) values.push_back(std::bit_cast<std::uint64_t>(value));
  }
  friend bool operator==(const Read&, const Read&) = default;
};

Read read_whole(BlockParser& parser, std::string_view text) {
  TextRows rows;
  Read read;
  read.ok = !parser.parse(text, FloatLabel::kNone, rows);
  read.add(rows);
  read.lines = rows.lines;
  FUZZ_EXPECT(read.series.size() == read.times.size() && read.values.size() == read.times.size());
  return read;
}

/// The numbers of an OpenMetrics line that was accepted, taken by blanks and parse_float() alone.
void check_numbers(std::string_view line, const Read& one) {
  if (one.times.empty()) return;
  const SeriesText series = parse_series(line, TextDialect::kOpenMetrics);
  FUZZ_EXPECT(series.ok && one.times.size() == 1);
  line.remove_prefix(series.end + 1);
  const std::size_t blank = line.find(' ');
  const std::string_view time = line.substr(blank + 1, line.find_first_of(" \r\n", blank + 1) - blank - 1);
  const auto value = parse_float(line.substr(0, blank));
  const auto seconds = parse_float(time);
  FUZZ_EXPECT(value && seconds && milliseconds_of(*seconds));
  FUZZ_EXPECT(std::bit_cast<std::uint64_t>(*value) == one.values[0] && milliseconds_of(*seconds)->ms == one.times[0]);
}

Read read_lines(TextDialect dialect, Texts& numbers, std::string_view text) {
  Read all;
  all.ok = true;
  FloatLabel label = FloatLabel::kNone;
  while (!text.empty() && all.ok) {
    const std::string_view line = text.substr(0, text.find('\n') + 1);
    text.remove_prefix(line.size());
    BlockParser parser(dialect, kStorableMax, numbers);
    TextRows rows;
    Read one;
    all.ok = !parser.parse(line, label, rows) && (!rows.ended || text.empty());
    if (!all.ok) break;
    one.add(rows);
    if (dialect == TextDialect::kOpenMetrics) check_numbers(line, one);
    all.add(rows);
    ++all.lines;
    label = float_label_behind(line, dialect).value_or(label);
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const auto dialect = static_cast<TextDialect>(data[0] % kTextDialects);
  const std::string text = std::string(reinterpret_cast<const char*>(data) + 1, size - 1) + "\n";
  Texts numbers;
  BlockParser parser(dialect, kStorableMax, numbers);
  const Read first = read_whole(parser, text);
  FUZZ_EXPECT(first == read_whole(parser, text));
  FUZZ_EXPECT(first == read_lines(dialect, numbers, text));
  return 0;
}
