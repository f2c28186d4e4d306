// See block_table.h. Columns are as Go's text/tabwriter sets them with minwidth 13 and padding 2.
#include "block_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace promfill::cli {
namespace {

constexpr std::size_t kWidthMin = 13;
constexpr std::size_t kPadding = 2;

}  // namespace

void BlockTable::add(const BlockMeta& meta, std::uint64_t bytes) {
  const auto time = [this](Timestamp t) { return human_readable_ ? human_time(t) : std::to_string(t.ms); };
  const std::uint64_t length_ms =
      static_cast<std::uint64_t>(meta.range.max.ms) - static_cast<std::uint64_t>(meta.range.min.ms);
  rows_.push_back({meta.ulid.text(), time(meta.range.min), time(meta.range.max), go_duration(length_ms),
                   std::to_string(meta.stats.samples), std::to_string(meta.stats.chunks),
                   std::to_string(meta.stats.series), human_readable_ ? human_bytes(bytes) : std::to_string(bytes)});
}

std::string BlockTable::text() const {
  std::vector<Row> rows{
      {"BLOCK ULID", "MIN TIME", "MAX TIME", "DURATION", "NUM SAMPLES", "NUM CHUNKS", "NUM SERIES", "SIZE"}};
  rows.insert(rows.end(), rows_.begin(), rows_.end());
  return set(rows);
}

std::string BlockTable::text_without_header() const { return set(rows_); }

std::string BlockTable::set(std::span<const Row> rows) {
  std::array<std::size_t, kColumns> widths{};
  widths.fill(kWidthMin);
  std::string out;
  for (std::size_t column = 0; column < kColumns; ++column) {
    for (const Row& row : rows) widths[column] = std::max(widths[column], row[column].size() + kPadding);
  }
  for (const Row& row : rows) {
    for (std::size_t column = 0; column + 1 < kColumns; ++column) {
      out += row[column];
      out.append(widths[column] - row[column].size(), ' ');
    }
    out += row.back() + "\n";
  }
  return out;
}

std::string go_duration(std::uint64_t ms) {
  if (ms == 0) return "0s";
  if (ms < 1000) return fmt::format("{}ms", ms);
  const std::uint64_t seconds = ms / 1000;
  std::string fraction = ms % 1000 == 0 ? "" : fmt::format(".{:03}", ms % 1000);
  while (fraction.ends_with('0')) fraction.pop_back();
  std::string out;
  if (seconds >= 3600) out += fmt::format("{}h", seconds / 3600);
  if (seconds >= 60) out += fmt::format("{}m", seconds / 60 % 60);
  return out + fmt::format("{}{}s", seconds % 60, fraction);
}

std::string human_time(Timestamp time) {
  std::string text = to_string(Timestamp{time.ms / 1000 * 1000});  // "2020-03-01T00:00:00.000Z"
  constexpr std::size_t kDateChars = 10;
  constexpr std::size_t kTimeChars = 8;
  if (text.size() <= kDateChars || text[kDateChars] != 'T') return std::to_string(time.ms);
  return text.substr(0, kDateChars) + " " + text.substr(kDateChars + 1, kTimeChars) + " +0000 UTC";
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes == 0) return "0B";
  constexpr std::array<std::string_view, 7> kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::string out;
  for (std::size_t i = kUnits.size(); i-- > 0;) {
    const std::uint64_t count = (bytes >> (10 * i)) & 1023;
    if (count != 0) out += fmt::format("{}{}", count, kUnits[i]);
  }
  return out;
}

}  // namespace promfill::cli
