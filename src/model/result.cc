// Text of errors, and the end of the road for a bug.
#include "promfill/result.h"

namespace promfill {
inline namespace PROMFILL_ABI {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return "usage";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kAlreadyExists:
      return "already_exists";
    case ErrorCode::kPermission:
      return "permission";
    case ErrorCode::kNoSpace:
      return "no_space";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kData:
      return "data";
    case ErrorCode::kLimit:
      return "limit";
    case ErrorCode::kRefused:
      return "refused";
    case ErrorCode::kStopped:
      return "stopped";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "unknown";
}

std::string Error::text() const {
  std::string text = where;
  const auto add = [&text](std::string_view separator, std::string_view part) {
    if (part.empty()) return;
    if (!text.empty()) text += separator;
    text += part;
  };
  add(": ", message);
  add("; ", hint);
  return text;
}

/// The only place of the library that prints or ends the process: going on would write wrong bytes.
void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "promfill: assertion failed at %s:%d: %s\n", file, line, condition);
  std::abort();
}

}  // namespace PROMFILL_ABI
}  // namespace promfill
