// See sample_format.h.
//   openmetrics  name{label="value"} value seconds[.mmm[1]]  and "# EOF" at the end
//   csv          series,timestamp_ms,value                   RFC 4180 quoting, lines end with a newline alone
//   jsonl        {"labels":{…},"t":milliseconds,"v":value}   v is a number, "+Inf", "-Inf", "NaN", "stale" or "0x<16
//   hex>"
// Values are the shortest decimals that read back as the same double. OpenMetrics and CSV have no form for the
// staleness marker and for payloads of NaN: they become NaN and are counted. Labels that are not UTF-8 can't stand in
// OpenMetrics and JSON and are an error; CSV holds their bytes as they are.
#include "sample_format.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "openmetrics/float_text.h"

namespace promfill::cli {
namespace {

std::string_view number_text(double value, std::array<char, 32>& buffer) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

Error inexpressible(const Labels& labels, std::string problem, std::string_view way_out) {
  return {ErrorCode::kData, "dump: " + std::move(problem), labels.text(),
          "use --format " + std::string(way_out) + ", or leave the series out with --match"};
}

Status require_utf8(const Labels& labels) {
  for (const Label& label : labels) {
    if (is_valid_utf8(label.name) && is_valid_utf8(label.value)) continue;
    return inexpressible(labels, "a label is not UTF-8, which this format needs", "csv");
  }
  return {};
}

class TextFormat : public SampleFormat {
 protected:
  std::string_view value_text(const Sample& sample) {
    if (std::isnan(sample.value) && sample.bits() != kNormalNanBits) ++nans_flattened_;
    return number_text(sample.value, buffer_);
  }

 private:
  std::array<char, 32> buffer_{};
};

class OpenMetrics final : public TextFormat {
 public:
  [[nodiscard]] std::string_view footer() const override { return "# EOF\n"; }

  Status begin_series(const Labels& labels) override {
    PROMFILL_TRY_STATUS(require_utf8(labels));
    if (labels.get(kMetricName).empty()) {
      return inexpressible(labels, "the series has no metric name, which OpenMetrics needs", "jsonl");
    }
    for (const Label& label : labels) {
      const std::string_view name = label.name == kMetricName ? label.value : label.name;
      if (name.find('\0') != std::string_view::npos) {
        return inexpressible(labels, "a name has a NUL byte, which OpenMetrics has no form for", "jsonl");
      }
    }
    series_ = labels.text();
    return {};
  }

  void append(std::span<const Sample> samples, std::string& out) override {
    for (const Sample& sample : samples) {
      fmt::format_to(std::back_inserter(out), "{} {} {}\n", series_, value_text(sample), seconds(sample.time));
    }
  }

 private:
  static std::string seconds(Timestamp time) {
    const bool negative = time.ms < 0;
    const std::uint64_t ms = negative ? ~static_cast<std::uint64_t>(time.ms) + 1 : static_cast<std::uint64_t>(time.ms);
    const std::string whole = fmt::format("{}{}", negative ? "-" : "", ms / 1000);
    if (ms % 1000 == 0) return whole;
    const std::string text = fmt::format("{}.{:03}", whole, ms % 1000);
    // Prometheus multiplies by 1000 and cuts off: 1.001 is 1 s to it, as the double lies below. A tenth of a
    // millisecond more, and it is read as what it is; by who rounds, too. Doubles beyond 285,000 years have no
    // milliseconds, and no digit helps there.
    return reads_as(text, time) || !reads_as(text + '1', time) ? text : text + '1';
  }

  static bool reads_as(const std::string& seconds, Timestamp time) {
    const std::optional<double> read = parse_float(seconds);
    return read && milliseconds_of(*read) == time;
  }

  std::string series_;
};

class Csv final : public TextFormat {
 public:
  [[nodiscard]] std::string_view header() const override { return "series,timestamp_ms,value\n"; }

  Status begin_series(const Labels& labels) override {
    const std::string text = labels.text();
    series_.clear();
    if (text.find_first_of(",\"\r\n") == std::string::npos) {
      series_ = text;
      return {};
    }
    series_ += '"';
    for (const char c : text) series_.append(c == '"' ? 2 : 1, c);
    series_ += '"';
    return {};
  }

  void append(std::span<const Sample> samples, std::string& out) override {
    for (const Sample& sample : samples) {
      fmt::format_to(std::back_inserter(out), "{},{},{}\n", series_, sample.time.ms, value_text(sample));
    }
  }

 private:
  std::string series_;
};

class JsonLines final : public SampleFormat {
 public:
  Status begin_series(const Labels& labels) override {
    PROMFILL_TRY_STATUS(require_utf8(labels));
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    for (const Label& label : labels) json[label.name] = label.value;
    series_ = json.dump();
    return {};
  }

  void append(std::span<const Sample> samples, std::string& out) override {
    for (const Sample& sample : samples) {
      fmt::format_to(std::back_inserter(out), "{{\"labels\":{},\"t\":{},\"v\":", series_, sample.time.ms);
      append_value(sample, out);
      out += "}\n";
    }
  }

 private:
  void append_value(const Sample& sample, std::string& out) {
    if (std::isfinite(sample.value)) {
      out += number_text(sample.value, buffer_);
    } else if (sample.bits() == kStaleNanBits) {
      out += "\"stale\"";
    } else if (std::isnan(sample.value) && sample.bits() != kNormalNanBits) {
      fmt::format_to(std::back_inserter(out), "\"0x{:016x}\"", sample.bits());
    } else {
      fmt::format_to(std::back_inserter(out), "\"{}\"", number_text(sample.value, buffer_));
    }
  }

  std::string series_;
  std::array<char, 32> buffer_{};
};

}  // namespace

std::unique_ptr<SampleFormat> make_sample_format(std::string_view name) {
  if (name == "openmetrics") return std::make_unique<OpenMetrics>();
  if (name == "csv") return std::make_unique<Csv>();
  if (name == "jsonl") return std::make_unique<JsonLines>();
  return nullptr;
}

}  // namespace promfill::cli
