#include "file/byte_stream.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "file/system_call.h"

namespace promfill {
namespace {

class RangeStream final : public ByteStream {
 public:
  RangeStream(std::shared_ptr<const ReadableFile> file, std::string path, std::uint64_t begin, std::uint64_t end)
      : file_(std::move(file)), path_(std::move(path)), begin_(begin), at_(begin), end_(end) {}

  Result<std::size_t> read(std::span<char> out) override {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), end_ - at_));
    const std::span<std::uint8_t> bytes(reinterpret_cast<std::uint8_t*>(out.data()), wanted);
    PROMFILL_TRY(const std::size_t got, file_->read_at(at_, bytes));
    at_ += got;
    if (got == wanted) return got;
    return Error{ErrorCode::kIo,
                 "the file became shorter while it was read: byte " + std::to_string(at_) + " is its end", path_,
                 "import it when nobody writes to it"};
  }
  [[nodiscard]] std::uint64_t stored_bytes_read() const override { return at_ - begin_; }

 private:
  std::shared_ptr<const ReadableFile> file_;
  std::string path_;
  std::uint64_t begin_;
  std::uint64_t at_;
  std::uint64_t end_;
};

class DescriptorStream final : public ByteStream {
 public:
  DescriptorStream(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}

  Result<std::size_t> read(std::span<char> out) override {
    std::size_t got = 0;
    while (got < out.size()) {
      const ssize_t now = uninterrupted([&] { return ::read(descriptor_, out.data() + got, out.size() - got); });
      if (now < 0) return system_error("read", name_, errno);
      if (now == 0) break;
      got += static_cast<std::size_t>(now);
    }
    bytes_ += got;
    return got;
  }
  [[nodiscard]] std::uint64_t stored_bytes_read() const override { return bytes_; }

 private:
  int descriptor_;
  std::string name_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<ByteStream> read_range(std::shared_ptr<const ReadableFile> file, std::string path, std::uint64_t begin,
                                       std::uint64_t end) {
  PROMFILL_ASSERT(begin <= end);
  return std::make_unique<RangeStream>(std::move(file), std::move(path), begin, end);
}

std::unique_ptr<ByteStream> read_descriptor(int descriptor, std::string name) {
  return std::make_unique<DescriptorStream>(descriptor, std::move(name));
}

}  // namespace promfill
