// See log.h.
#include "log.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "printable.h"
#include "resource/clock.h"

namespace promfill::cli {
namespace {

constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warn", "error"};

std::string_view name_of(LogLevel level) { return kLevels[static_cast<std::size_t>(level)]; }

nlohmann::ordered_json json_line(LogLevel level, std::string_view message) {
  nlohmann::ordered_json json;
  json["time"] = to_string(system_clock().now());
  json["level"] = name_of(level);
  json["message"] = message;
  return json;
}

std::string dump(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view text) {
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    if (kLevels[i] == text) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

std::optional<LogFormat> parse_log_format(std::string_view text) {
  if (text == "text") return LogFormat::kText;
  if (text == "json") return LogFormat::kJson;
  return std::nullopt;
}

void Log::line(LogLevel level, std::string_view message) {
  if (level < least_) return;
  if (format_ == LogFormat::kJson) return write(dump(json_line(level, message)));
  const std::string prefix = level == LogLevel::kInfo ? "" : std::string(name_of(level)) + ": ";
  write("promfill: " + prefix + printable(message) + "\n");
}

void Log::error(const Error& error) {
  if (format_ == LogFormat::kText) return write("promfill: error: " + printable(error.text()) + "\n");
  nlohmann::ordered_json json = json_line(LogLevel::kError, error.message);
  json["code"] = to_string(error.code);
  json["where"] = error.where;
  json["hint"] = error.hint;
  write(dump(json));
}

void Log::write(const std::string& text) {
  const std::scoped_lock lock(mutex_);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace promfill::cli
