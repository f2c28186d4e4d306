// XOR chunks. Whatever decodes, decodes the same again after being encoded; and any samples come back bit by bit.
#include "chunk/xor_chunk.h"

#include <bit>
#include <cstring>
#include <limits>

#include "target.h"

namespace promfill {
namespace {

bool same(const std::vector<Sample>& a, const std::vector<Sample>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool values = std::bit_cast<std::uint64_t>(a[i].value) == std::bit_cast<std::uint64_t>(b[i].value);
    if (a[i].time != b[i].time || !values) return false;
  }
  return true;
}

bool rising(const std::vector<Sample>& samples) {
  for (std::size_t i = 1; i < samples.size(); ++i) {
    if (samples[i].time <= samples[i - 1].time) return false;
  }
  return true;
}

void decode_any(ByteView data) {
  std::vector<Sample> samples;
  if (!decode_xor_chunk(data, samples) || samples.empty() || !rising(samples)) return;
  const Bytes encoded = encode_xor_chunk(samples);
  std::vector<Sample> again;
  FUZZ_EXPECT(decode_xor_chunk(encoded, again));
  FUZZ_EXPECT(same(samples, again));
}

/// The bytes as samples: a step of up to 32 bits and a value's 64.
void encode_any(ByteView data) {
  constexpr std::size_t kSampleBytes = 12;
  std::vector<Sample> samples;
  std::int64_t time = 0;
  for (; data.size() >= kSampleBytes && samples.size() < std::numeric_limits<std::uint16_t>::max();
       data = data.subspan(kSampleBytes)) {
    std::uint32_t step = 0;
    std::uint64_t bits = 0;
    std::memcpy(&step, data.data(), sizeof step);
    std::memcpy(&bits, data.data() + sizeof step, sizeof bits);
    time += samples.empty() ? static_cast<std::int64_t>(step) - (std::int64_t{1} << 31) : std::int64_t{step} + 1;
    samples.push_back({{time}, std::bit_cast<double>(bits)});
  }
  if (samples.empty()) return;
  std::vector<Sample> decoded;
  FUZZ_EXPECT(decode_xor_chunk(encode_xor_chunk(samples), decoded));
  FUZZ_EXPECT(same(samples, decoded));

  decoded.clear();
  for (const EncodedChunk& chunk : encode_series_chunks(samples, std::int64_t{4} * 3600 * 1000)) {
    const std::size_t before = decoded.size();
    const ChunkView view = chunk.view();
    FUZZ_EXPECT(decode_xor_chunk(view.data, decoded));
    FUZZ_EXPECT(decoded.size() > before && decoded[before].time == view.mint && decoded.back().time == view.maxt);
  }
  FUZZ_EXPECT(same(samples, decoded));
}

}  // namespace
}  // namespace promfill

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  promfill::decode_any({data, size});
  promfill::encode_any({data, size});
  return 0;
}
