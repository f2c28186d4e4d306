// See output.h.
#include "output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>

#include "exit_code.h"
#include "printable.h"

namespace promfill::cli {

void tell(std::string_view text) {
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
  (void)std::fflush(stderr);
}

int fail(const Error& error) {
  tell("promfill: error: " + printable(error.text()) + "\n");
  return exit_code(error.code);
}

void Output::write(std::string_view text) {
  if (error_ != 0) return;
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) flush();
}

void Output::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && error_ == 0) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  buffer_.clear();
}

int Output::finish(int status) {
  flush();
  if (error_ == 0) return status;
  if (error_ == EPIPE) return kExitSignal + SIGPIPE;  // as if the signal had not been ignored
  return fail({error_ == ENOSPC ? ErrorCode::kNoSpace : ErrorCode::kIo, std::generic_category().message(error_),
               "write standard output", ""});
}

}  // namespace promfill::cli
