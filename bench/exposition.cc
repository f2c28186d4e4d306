// Makes the OpenMetrics texts that the benchmarks read.
//
//   exposition OUT ORDER SERIES SAMPLES_PER_SERIES STEP_SECONDS
//
//   ORDER  series | time
//
// One file, part_0000.om: a gauge of so many series, one value a step, random walks in hundredths between 0 and 100.
// The same arguments give the same file. Prints what it made as JSON.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/dataset.h"

namespace promfill::bench {
namespace {

constexpr std::int64_t kStartS = 1'583'020'800;  // 2020-03-01, a border of blocks of 2 h
constexpr std::int64_t kHighest = 10'000;        // hundredths
constexpr std::size_t kBufferBytes = 1 << 20;

struct Series {
  std::string text;
  std::uint64_t random = 0;
  std::int64_t at = 0;  // hundredths

  explicit Series(std::uint64_t number)
      : text("cpu_usage{aid=\"a_" + std::to_string(number / 4) + "\",id=\"c_" + std::to_string(number) + "\"} "),
        random(number + 1),
        at(static_cast<std::int64_t>(next_random(random) % kHighest)) {}

  /// As text: the next value, as a monitored machine would have it, now and then the same as before.
  void append_sample(std::int64_t time_s, std::string& out) {
    constexpr std::uint64_t kStepMax = 200;
    const auto step = static_cast<std::int64_t>(next_random(random) % (2 * kStepMax + 1)) - std::int64_t{kStepMax};
    if (at + step >= 0 && at + step <= kHighest) at += step;
    out += text;
    out += std::to_string(at / 100);
    out += '.';
    out += static_cast<char>('0' + at / 10 % 10);
    out += static_cast<char>('0' + at % 10);
    out += ' ';
    out += std::to_string(time_s);
    out += '\n';
  }
};

class OutputFile {
 public:
  explicit OutputFile(const std::string& path) : file_(std::fopen(path.c_str(), "wb")) { check(file_ != nullptr); }

  std::string& text() {
    if (text_.size() >= kBufferBytes) flush();
    return text_;
  }
  void close() {
    flush();
    check(std::fclose(file_) == 0);
  }

 private:
  static void check(bool good) {
    if (good) return;
    std::perror("exposition");
    std::exit(1);
  }
  void flush() {
    check(std::fwrite(text_.data(), 1, text_.size(), file_) == text_.size());
    text_.clear();
  }

  std::FILE* file_;
  std::string text_;
};

void write_file(OutputFile& file, bool by_series, std::uint64_t count, std::uint64_t samples, std::int64_t step_s) {
  std::vector<Series> series;
  series.reserve(count);
  for (std::uint64_t number = 0; number < count; ++number) series.emplace_back(number);
  const auto time_s = [&](std::uint64_t sample) { return kStartS + static_cast<std::int64_t>(sample) * step_s; };
  file.text() += "# HELP cpu_usage Share of a CPU, in percent.\n# TYPE cpu_usage gauge\n";
  if (by_series) {
    for (Series& one : series) {
      for (std::uint64_t sample = 0; sample < samples; ++sample) one.append_sample(time_s(sample), file.text());
    }
  } else {
    for (std::uint64_t sample = 0; sample < samples; ++sample) {
      for (Series& one : series) one.append_sample(time_s(sample), file.text());
    }
  }
  file.text() += "# EOF\n";
  file.close();
}

}  // namespace
}  // namespace promfill::bench

int main(int argc, char** argv) {
  using namespace promfill::bench;
  const std::string order = argc == 6 ? argv[2] : "";
  const std::uint64_t series = argc == 6 ? std::strtoull(argv[3], nullptr, 10) : 0;
  const std::uint64_t samples = argc == 6 ? std::strtoull(argv[4], nullptr, 10) : 0;
  const std::int64_t step_s = argc == 6 ? std::strtoll(argv[5], nullptr, 10) : 0;
  if ((order != "series" && order != "time") || series * samples == 0 || step_s <= 0) {
    std::fprintf(stderr, "usage: exposition OUT series|time SERIES SAMPLES_PER_SERIES STEP_SECONDS\n");
    return 2;
  }
  std::error_code error;
  std::filesystem::create_directories(argv[1], error);
  if (error) {
    std::fprintf(stderr, "exposition: %s: %s\n", argv[1], error.message().c_str());
    return 1;
  }
  OutputFile file(std::string(argv[1]) + "/part_0000.om");
  write_file(file, order == "series", series, samples, step_s);
  std::printf("{\"samples\": %llu, \"series\": %llu}\n", static_cast<unsigned long long>(series * samples),
              static_cast<unsigned long long>(series));
}
