#include "text/text_encoding.h"

#include <algorithm>

#include "promfill/labels.h"

namespace promfill {

Status check_encoding(std::string_view sample, bool complete, const std::string& name) {
  if (sample.starts_with("\xFF\xFE") || sample.starts_with("\xFE\xFF")) {
    return Error{ErrorCode::kData, "the text is in UTF-16", name, "convert it: iconv -f UTF-16 -t UTF-8"};
  }
  if (sample.find('\0') != std::string_view::npos) {
    return Error{ErrorCode::kData, "byte " + std::to_string(sample.find('\0') + 1) + " is NUL: this is no text", name,
                 "say what kind of file it is with --format"};
  }
  std::size_t line = 1;
  std::string_view rest = complete ? sample : sample.substr(0, sample.rfind('\n') + 1);
  for (; !rest.empty(); ++line) {
    const std::string_view text = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), text.size() + 1));
    if (is_valid_utf8(text)) continue;
    return Error{ErrorCode::kData, "the text is not in UTF-8", name + ", line " + std::to_string(line),
                 "if it is in Latin-1, convert it: iconv -f LATIN1 -t UTF-8; else ask where it comes from"};
  }
  return {};
}

}  // namespace promfill
