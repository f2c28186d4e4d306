// What can be read once, such as standard input, for readers that begin anew: to look at it, then to read it.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "file/byte_stream.h"

namespace promfill {

class ReplayedInput {
 public:
  /// The beginning that is kept.
  static constexpr std::size_t kKeptBytes = 32 << 20;

  /// @param once  read by nobody else.
  ReplayedInput(std::unique_ptr<ByteStream> once, std::string name) : once_(std::move(once)), name_(std::move(name)) {}

  /// From the beginning on. Streams may be read in turn as long as none has left the beginning that is kept; the one
  /// that does is the last. @error kUsage, on reading  another did.
  static std::unique_ptr<ByteStream> read(std::shared_ptr<ReplayedInput> input);

 private:
  class Stream;
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out);

  std::mutex mutex_;
  std::unique_ptr<ByteStream> once_;
  std::string name_;
  std::vector<char> kept_;
  std::uint64_t read_ = 0;  // of `once_`
};

}  // namespace promfill
