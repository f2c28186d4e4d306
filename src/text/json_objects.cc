#include "text/json_objects.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace promfill {
namespace {

constexpr std::size_t kBlockBytes = 256 << 10;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// Where in a text a byte stands: how deep in brackets, and whether within a string.
class Nesting {
 public:
  [[nodiscard]] std::size_t depth() const { return depth_; }
  [[nodiscard]] bool in_string() const { return in_string_; }

  void step(char c) {
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if ((c == '}' || c == ']') && depth_ > 0) {
      --depth_;
    }
  }

 private:
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

class ObjectStream final : public ByteStream {
 public:
  explicit ObjectStream(std::unique_ptr<ByteStream> json) : json_(std::move(json)), block_(kBlockBytes) {}

  Result<std::size_t> read(std::span<char> out) override {
    std::size_t made = 0;
    while (made < out.size()) {
      if (break_due_) {
        out[made++] = '\n';
        break_due_ = false;
      } else if (at_ < filled_) {
        if (const char c = step(block_[at_++]); c != kNothing) out[made++] = c;
      } else {
        PROMFILL_TRY(filled_, json_->read(block_));
        at_ = 0;
        if (filled_ == 0) break;
      }
    }
    return made;
  }
  [[nodiscard]] std::uint64_t stored_bytes_read() const override { return json_->stored_bytes_read(); }

 private:
  static constexpr char kNothing = '\0';  // a NUL of the text is left out, too: it is an error of its line either way

  /// What a byte becomes.
  char step(char c) {
    if (!within_) {
      if (is_space(c) || c == ',' || c == '[' || c == ']') return kNothing;
      within_ = true;
      nesting_ = {};
    }
    const bool at_top = nesting_.depth() == 0 && !nesting_.in_string();
    if (at_top && (is_space(c) || c == ',' || c == ']')) {  // behind a word that is no object
      within_ = false;
      return '\n';
    }
    nesting_.step(c);
    break_due_ = !at_top && nesting_.depth() == 0 && !nesting_.in_string() && c == '}';
    within_ = !break_due_;
    return is_space(c) ? ' ' : c;
  }

  std::unique_ptr<ByteStream> json_;
  std::vector<char> block_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  Nesting nesting_;
  bool within_ = false;  // an element
  bool break_due_ = false;
};

}  // namespace

bool has_object_per_line(std::string_view sample) {
  const std::size_t begin = sample.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || sample[begin] == '[') return false;
  const std::string_view line = sample.substr(begin, sample.find('\n', begin) - begin);
  Nesting nesting;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool inside = nesting.depth() > 0;
    nesting.step(line[i]);
    if (inside && nesting.depth() == 0) return line.find_first_not_of(" \t\r", i + 1) == std::string_view::npos;
  }
  return nesting.depth() == 0;
}

std::unique_ptr<ByteStream> read_json_objects(std::unique_ptr<ByteStream> json) {
  return std::make_unique<ObjectStream>(std::move(json));
}
}  // namespace promfill
