// meta.json. What is read comes back from what is written of it.
#include "block/meta_json.h"

#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto meta = promfill::parse_meta_json(text);
  if (!meta) {
    FUZZ_EXPECT(!meta.error().message.empty());
    return 0;
  }
  const auto again = promfill::parse_meta_json(promfill::encode_meta_json(*meta));
  FUZZ_EXPECT(again);
  FUZZ_EXPECT(again->ulid == meta->ulid && again->stats == meta->stats && again->sources == meta->sources);
  FUZZ_EXPECT(again->range == meta->range);
  return 0;
}
