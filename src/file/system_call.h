// What every implementation on system calls needs: errors out of errno, calls that signals interrupt, descriptors that
// close themselves. Included only by .cc files of this folder.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "promfill/result.h"

namespace promfill {

/// The failure of `step`, told by `error`, a value of errno.
[[nodiscard]] Error system_error(std::string_view step, const std::string& path, int error);

/// Repeat `call` as long as a signal interrupts it.
template <typename Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() { close(); }

  [[nodiscard]] int get() const { return fd_; }
  /// errno, or 0. Once closed it stays closed, also when the system reports a failure.
  int close() {
    const int fd = std::exchange(fd_, -1);
    if (fd == -1 || ::close(fd) == 0 || errno == EINTR) return 0;
    return errno;
  }
  /// Hand over, such as to fdopendir().
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

}  // namespace promfill
