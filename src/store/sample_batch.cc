// Entity keys; see sample_batch.h.
#include "store/sample_batch.h"

#include "encoding/byte_reader.h"
#include "encoding/varint.h"
#include "promfill/result.h"
#include "store/byte_table.h"

namespace promfill {
namespace {

void append_string(std::string_view text, std::string& out) {
  std::uint8_t length[kVarintBytesMax];
  const std::size_t n = put_uvarint(length, text.size());
  out.append(reinterpret_cast<const char*>(length), n).append(text);
}

}  // namespace

void SampleBatch::reset() {
  keys.clear();
  entities.clear();
  numbering.reset();
  runs.clear();
  metrics.clear();
  owned_values_used = 0;
  owned_validity.clear();
  owned_records.clear();
  owner.reset();
  judged = {};
  rejects.clear();
}

std::uint64_t SampleBatch::memory_bytes() const {
  std::uint64_t bytes = times_ms.capacity() * sizeof(std::int64_t) + keys.capacity();
  bytes += entities.capacity() * sizeof(BatchEntity) + runs.capacity() * sizeof(EntityRun);
  for (const auto& values : owned_values) bytes += values.capacity() * sizeof(double);
  for (const auto& validity : owned_validity) bytes += validity.capacity();
  for (const auto& column : owned_records) {
    bytes += column->bodies.capacity() + column->ends.capacity() * sizeof(std::uint64_t);
  }
  for (const Reject& reject : rejects) bytes += sizeof(Reject) + reject.record.capacity();
  return bytes;
}

std::vector<double>& SampleBatch::take_values() {
  if (owned_values_used == owned_values.size()) owned_values.emplace_back();
  return owned_values[owned_values_used++];
}

void encode_entity_key(std::span<const Label> labels, std::string& out) {
  for (const Label& label : labels) encode_entity_label(label.name, label.value, out);
}

void encode_entity_label(std::string_view name, std::string_view value, std::string& out) {
  append_string(name, out);
  append_string(value, out);
}

std::vector<Label> decode_entity_key(std::string_view key) {
  std::vector<Label> labels;
  ByteReader reader(as_bytes(key));
  while (!reader.at_end()) {
    const std::string_view name = reader.string();
    const std::string_view value = reader.string();
    PROMFILL_ASSERT(reader.ok());
    labels.push_back({std::string(name), std::string(value)});
  }
  return labels;
}

std::uint64_t hash_entity_key(std::string_view key) { return hash_bytes(key); }

}  // namespace promfill
