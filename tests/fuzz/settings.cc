// The small texts that people type: times, durations, sizes, limits, selectors, names of blocks. What is understood
// says the same when it is printed and read again.
#include <string>

#include "calendar/time_unit.h"
#include "index/matcher.h"
#include "promfill/block.h"
#include "promfill/limits.h"
#include "promfill/options.h"
#include "promfill/time.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace promfill;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto time = parse_timestamp(text)) {
    const auto again = parse_timestamp(to_string(*time));
    FUZZ_EXPECT(again && *again == *time);
  }
  if (const auto duration = parse_duration(text)) {
    const auto again = parse_duration(to_string(*duration));
    FUZZ_EXPECT(again && *again == *duration);
  }
  if (const auto ulid = Ulid::parse(text)) FUZZ_EXPECT(Ulid::parse(ulid->text()) == *ulid);
  if (const auto limits = with_limit({}, text)) FUZZ_EXPECT(limits->validate());
  (void)parse_byte_size(text);
  (void)parse_time_offset(text);
  if (const auto selector = parse_selector(text)) {
    for (const Matcher& matcher : *selector) (void)matcher.matches(text);
  }
  return 0;
}
