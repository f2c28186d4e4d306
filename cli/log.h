// Messages for people and for machines, on stderr.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "promfill/result.h"

namespace promfill::cli {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };
enum class LogFormat : std::uint8_t { kText, kJson };

std::optional<LogLevel> parse_log_level(std::string_view text);
std::optional<LogFormat> parse_log_format(std::string_view text);

/// Thread-safe. A line is written at once.
class Log {
 public:
  Log(LogFormat format, LogLevel least) : format_(format), least_(least) {}

  void debug(std::string_view message) { line(LogLevel::kDebug, message); }
  void info(std::string_view message) { line(LogLevel::kInfo, message); }
  void warn(std::string_view message) { line(LogLevel::kWarn, message); }
  void error(const Error& error);

 private:
  void line(LogLevel level, std::string_view message);
  void write(const std::string& text);

  LogFormat format_;
  LogLevel least_;
  std::mutex mutex_;
};

}  // namespace promfill::cli
