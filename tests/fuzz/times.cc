// Texts of times by patterns: a line with the pattern, then texts. The whole, too, as a file of the time zone database.
// What is read by a pattern that tells everything is read again from what ISO 8601 makes of it.
#include <string_view>

#include "calendar/time_format.h"
#include "calendar/zone.h"
#include "promfill/time.h"
#include "target.h"

namespace promfill {
namespace {

void read_texts(std::string_view pattern, std::string_view texts) {
  const auto format = TimeFormat::compile(pattern);
  if (!format) {
    FUZZ_EXPECT(format.error().code == ErrorCode::kUsage && !format.error().hint.empty());
    return;
  }
  while (!texts.empty()) {
    const std::string_view text = texts.substr(0, texts.find('\n'));
    texts.remove_prefix(std::min(text.size() + 1, texts.size()));
    const auto time = format->read(text);
    if (!time || time->us % 1000 != 0) continue;
    const auto again = read_iso_time(to_string(Timestamp{time->us / 1000}));
    FUZZ_EXPECT(!again || again->us == time->us);  // of years beyond 9999 there is no such text
  }
}

void look_at_clocks(std::string_view file) {
  const auto zone = Zone::parse(as_bytes(file), "file");
  if (!zone) return;
  for (std::int64_t local_s = -(std::int64_t{1} << 36); local_s < (std::int64_t{1} << 36); local_s += 100'000'007) {
    const LocalMoments moments = zone->moments(local_s);
    FUZZ_EXPECT(moments.earlier_s <= moments.later_s);
    FUZZ_EXPECT(moments.kind != LocalMoments::Kind::kOne || moments.earlier_s == moments.later_s);
  }
}

}  // namespace
}  // namespace promfill

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view pattern = text.substr(0, text.find('\n'));
  promfill::read_texts(pattern, text.substr(std::min(pattern.size() + 1, text.size())));
  promfill::read_texts(pattern, pattern);
  (void)promfill::read_iso_time(pattern);
  promfill::look_at_clocks(text);
  return 0;
}
