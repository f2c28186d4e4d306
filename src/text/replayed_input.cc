#include "text/replayed_input.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace promfill {

class ReplayedInput::Stream final : public ByteStream {
 public:
  explicit Stream(std::shared_ptr<ReplayedInput> input) : input_(std::move(input)) {}

  Result<std::size_t> read(std::span<char> out) override {
    std::size_t got = 0;
    while (got < out.size()) {
      PROMFILL_TRY(const std::size_t now, input_->read_at(offset_, out.subspan(got)));
      if (now == 0) break;
      got += now;
      offset_ += now;
    }
    return got;
  }
  [[nodiscard]] std::uint64_t stored_bytes_read() const override { return offset_; }

 private:
  std::shared_ptr<ReplayedInput> input_;
  std::uint64_t offset_ = 0;
};

std::unique_ptr<ByteStream> ReplayedInput::read(std::shared_ptr<ReplayedInput> input) {
  return std::make_unique<Stream>(std::move(input));
}

Result<std::size_t> ReplayedInput::read_at(std::uint64_t offset, std::span<char> out) {
  const std::scoped_lock lock(mutex_);
  if (offset < kept_.size()) {
    const std::size_t bytes = std::min(out.size(), kept_.size() - static_cast<std::size_t>(offset));
    std::memcpy(out.data(), kept_.data() + offset, bytes);
    return bytes;
  }
  if (offset != read_) {
    return Error{ErrorCode::kUsage, "it can be read once, and was", name_, "write it to a file, and give that"};
  }
  PROMFILL_TRY(const std::size_t got, once_->read(out));
  read_ += got;
  if (kept_.size() + got <= kKeptBytes && kept_.size() + got == read_) {
    kept_.insert(kept_.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(got));
  }
  return got;
}

}  // namespace promfill
