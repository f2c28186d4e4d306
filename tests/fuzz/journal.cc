// The journal of a job. Lines count up to the first that isn't whole; what was read and is written again reads the
// same. The text is tried as it is, and with a good checksum before each line, which is otherwise hard to hit.
#include "job/journal.h"

#include <cstdio>
#include <string>

#include "encoding/crc32c.h"
#include "file/file_system.h"
#include "target.h"

namespace promfill {
namespace {

std::string with_checksums(std::string_view text) {
  std::string lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    char checksum[10];
    std::snprintf(checksum, sizeof checksum, "%08x ", crc32c(as_bytes(line)));
    lines.append(checksum).append(line).append("\n");
  }
  return lines;
}

void parse(std::string_view text) {
  const auto contents = parse_journal(text);
  if (!contents) {
    FUZZ_EXPECT(contents.error().code == ErrorCode::kCorrupt || contents.error().code == ErrorCode::kRefused);
    return;
  }
  // Everything after a line that is cut off doesn't count.
  const auto cut = parse_journal(text.substr(0, text.size() - 1));
  FUZZ_EXPECT(!cut || cut->windows.size() <= contents->windows.size());
}

}  // namespace
}  // namespace promfill

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  promfill::parse(text);
  promfill::parse(promfill::with_checksums(text));
  return 0;
}
