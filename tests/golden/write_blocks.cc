// write_blocks: series lines on standard input become blocks, as the oracle's `write` makes them of the same lines. A
// JSON line for each block on standard output, in order of time. Not installed: goldens and differential tests use it.
#include <charconv>
#include <cstdio>
#include <iostream>
#include <optional>
#include <span>
#include <string_view>

#include "block_writing.h"
#include "series_input.h"

namespace promfill {
namespace {

constexpr std::string_view kUsage =
    "usage: write_blocks --out DIR [--block-duration 2h] [--range-factor 2] [--one-block]\n"
    "                    [--encoding xor|xor2] [--histogram-st]\n"
    "                    [--through encoder|ingest] [--order input|time|shuffled] [--seed 0] [--batch-rows 0]\n"
    "                    [--shards 1] [--memory-bytes 1073741824]  < series.jsonl\n";

struct Arguments {
  BlockWriting writing;
  Feeding feeding;
  bool through_ingest = false;
};

template <typename Integer>
bool parse_number(std::string_view text, Integer& number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
}

bool parse_order(std::string_view text, Feeding::Order& order) {
  if (text == "input")
    order = Feeding::Order::kInput;
  else if (text == "time")
    order = Feeding::Order::kTime;
  else if (text == "shuffled")
    order = Feeding::Order::kShuffled;
  else
    return false;
  return true;
}

bool parse_option(std::string_view name, std::string_view value, Arguments& arguments) {
  if (name == "--out")
    arguments.writing.out = value;
  else if (name == "--block-duration") {
    const Result<Duration> duration = parse_duration(value);
    if (!duration) return false;
    arguments.writing.block_duration = *duration;
  } else if (name == "--encoding") {
    arguments.writing.encoding = value == "xor2" ? ChunkEncoding::kXor2 : ChunkEncoding::kXor;
    return value == "xor" || value == "xor2";
  } else if (name == "--range-factor")
    return parse_number(value, arguments.writing.range_factor);
  else if (name == "--through") {
    arguments.through_ingest = value == "ingest";
    return value == "ingest" || value == "encoder";
  } else if (name == "--order")
    return parse_order(value, arguments.feeding.order);
  else if (name == "--seed")
    return parse_number(value, arguments.feeding.seed);
  else if (name == "--memory-bytes")
    return parse_number(value, arguments.feeding.memory_bytes);
  else if (name == "--batch-rows")
    return parse_number(value, arguments.feeding.batch_rows_max);
  else if (name == "--shards")
    return parse_number(value, arguments.feeding.shards) && arguments.feeding.shards > 0;
  else
    return false;
  return true;
}

std::optional<Arguments> parse_arguments(std::span<char* const> words) {
  Arguments arguments;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view name = words[i];
    if (name == "--one-block") {
      arguments.writing.one_block = true;
    } else if (name == "--histogram-st") {
      arguments.writing.histogram_start_times = true;
    } else if (++i == words.size() || !parse_option(name, words[i], arguments)) {
      return std::nullopt;
    }
  }
  if (arguments.writing.out.empty()) return std::nullopt;
  return arguments;
}

Status run(const Arguments& arguments) {
  PROMFILL_TRY(const std::vector<InputSeries> input, read_series_lines(std::cin));
  PROMFILL_TRY(const std::vector<std::string> directories,
               arguments.through_ingest ? write_through_ingest(input, arguments.writing, arguments.feeding)
                                        : write_through_encoder(input, arguments.writing));
  for (const std::string& directory : directories) std::printf("{\"dir\":\"%s\"}\n", directory.c_str());
  return {};
}

}  // namespace
}  // namespace promfill

int main(int argc, char** argv) {
  const auto arguments = promfill::parse_arguments({argv, static_cast<std::size_t>(argc)});
  if (!arguments) {
    std::fputs(promfill::kUsage.data(), stderr);
    return 2;
  }
  std::ios::sync_with_stdio(false);
  if (const promfill::Status status = promfill::run(*arguments); !status) {
    std::fprintf(stderr, "write_blocks: %s\n", status.error().text().c_str());
    return 1;
  }
  return 0;
}
