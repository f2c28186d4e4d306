// Standard output with a buffer and with errors: a full disk must not look like success, and a reader who has seen
// enough
// (`| head`) is not an error. And standard error, which is written as well as can be: fmt::print would throw.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "promfill/result.h"

namespace promfill::cli {

/// Write to standard error at once; what can't be written is lost.
void tell(std::string_view text);

/// "promfill: error: where: message; hint" on standard error. @return the exit status for it.
int fail(const Error& error);

class Output {
 public:
  void write(std::string_view text);
  /// Nothing that is written arrives any more: a loop may end.
  [[nodiscard]] bool failed() const { return error_ != 0; }
  /// Flush. @return `status`, or the status of the output's own failure, which is then told on standard error.
  [[nodiscard]] int finish(int status);

 private:
  static constexpr std::size_t kBufferBytes = 1 << 16;
  void flush();

  std::string buffer_;
  int error_ = 0;  // errno of the first failure
};

}  // namespace promfill::cli
