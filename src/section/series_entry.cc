// Series entry; see series_entry.h for its bytes.
#include "section/series_entry.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "encoding/big_endian.h"
#include "encoding/byte_reader.h"
#include "encoding/crc32c.h"
#include "encoding/varint.h"

namespace promfill {
namespace {

constexpr std::string_view kSection = "series";
// The body is encoded behind room for what precedes it, whose size is known only afterwards.
constexpr std::size_t kBodyStart = (kSeriesAlignment - 1) + kVarintBytesMax;
constexpr std::size_t kLabelBytesMax = 5 + 5;  // two 32-bit uvarints
constexpr std::size_t kChunkBytesMax = 3 * kVarintBytesMax;
constexpr std::size_t kLabelBytesMin = 2;
constexpr std::size_t kChunkBytesMin = 3;

/// later - earlier, also where the difference passes 63 bits.
std::uint64_t elapsed_ms(Timestamp earlier, Timestamp later) {
  return static_cast<std::uint64_t>(later.ms) - static_cast<std::uint64_t>(earlier.ms);
}

/// start + ms, unless that is no 64-bit time.
std::optional<Timestamp> advance(Timestamp start, std::uint64_t ms) {
  if (ms > elapsed_ms(start, kTimestampMax)) return std::nullopt;
  return Timestamp{static_cast<std::int64_t>(static_cast<std::uint64_t>(start.ms) + ms)};
}

std::uint8_t* put_chunks(std::uint8_t* out, std::span<const ChunkMeta> chunks) {
  out += put_uvarint(out, chunks.size());
  const ChunkMeta* previous = nullptr;
  for (const ChunkMeta& chunk : chunks) {
    if (previous == nullptr) {
      out += put_varint(out, chunk.mint.ms);
      out += put_uvarint(out, elapsed_ms(chunk.mint, chunk.maxt));
      out += put_uvarint(out, chunk.ref.value);
    } else {
      out += put_uvarint(out, elapsed_ms(previous->maxt, chunk.mint));
      out += put_uvarint(out, elapsed_ms(chunk.mint, chunk.maxt));
      out += put_varint(out, static_cast<std::int64_t>(chunk.ref.value - previous->ref.value));
    }
    previous = &chunk;
  }
  return out;
}

/// What is wrong with the labels of a body, or null.
const char* read_labels(ByteReader& body, std::size_t symbol_count, std::vector<SymbolPair>& labels) {
  const std::uint64_t count = body.uvarint();
  if (!body.ok() || count > body.remaining() / kLabelBytesMin) return "number of labels exceeds the entry";
  labels.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t name = body.uvarint();
    const std::uint64_t value = body.uvarint();
    if (!body.ok()) return "a label is malformed or passes the entry's end";
    if (name >= symbol_count || value >= symbol_count) return "a label's symbol is not in the symbol table";
    labels.push_back({{static_cast<std::uint32_t>(name)}, {static_cast<std::uint32_t>(value)}});
  }
  return nullptr;
}

/// What is wrong with the chunks of a body, or null.
const char* read_chunks(ByteReader& body, std::vector<ChunkMeta>& chunks) {
  const std::uint64_t count = body.uvarint();
  if (!body.ok() || count > body.remaining() / kChunkBytesMin) return "number of chunks exceeds the entry";
  chunks.reserve(static_cast<std::size_t>(count));
  Timestamp end;
  std::uint64_t ref = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::optional<Timestamp> mint = i == 0 ? Timestamp{body.varint()} : advance(end, body.uvarint());
    const std::uint64_t span_ms = body.uvarint();
    ref = i == 0 ? body.uvarint() : ref + static_cast<std::uint64_t>(body.varint());
    if (!body.ok()) return "a chunk is malformed or passes the entry's end";
    const std::optional<Timestamp> maxt = mint ? advance(*mint, span_ms) : std::nullopt;
    if (!maxt) return "a chunk's time exceeds 64 bits";
    chunks.push_back({{ref}, *mint, *maxt});
    end = *maxt;
  }
  return nullptr;
}

}  // namespace

ByteView SeriesEncoder::encode(std::uint64_t position, std::span<const SymbolPair> labels,
                               std::span<const ChunkMeta> chunks) {
  const std::size_t bytes_max =
      kBodyStart + 2 * kVarintBytesMax + labels.size() * kLabelBytesMax + chunks.size() * kChunkBytesMax + 4;
  if (buffer_.size() < bytes_max) buffer_.resize(std::max(bytes_max, 2 * buffer_.size()));

  std::uint8_t* const body = buffer_.data() + kBodyStart;
  std::uint8_t* end = body + put_uvarint(body, labels.size());
  for (const SymbolPair& label : labels) {
    end += put_uvarint(end, label.name.value);
    end += put_uvarint(end, label.value.value);
  }
  end = put_chunks(end, chunks);
  const auto body_bytes = static_cast<std::size_t>(end - body);
  store_be32(end, crc32c({body, body_bytes}));
  end += 4;

  const std::size_t padding = static_cast<std::size_t>(-position % kSeriesAlignment);
  std::uint8_t* const begin = body - uvarint_size(body_bytes) - padding;
  std::fill_n(begin, padding, std::uint8_t{0});
  put_uvarint(begin + padding, body_bytes);
  return {begin, end};
}

Result<SeriesEntry> decode_series_entry(ByteView file, std::uint64_t offset, std::size_t symbol_count) {
  if (offset >= file.size()) return corrupt_index(kSection, "no entry begins there", offset);
  ByteReader reader(file.subspan(static_cast<std::size_t>(offset)));
  const std::uint64_t body_bytes = reader.uvarint();
  if (body_bytes > reader.remaining()) return corrupt_index(kSection, "entry passes the section's end", offset);
  const ByteView content = reader.raw(static_cast<std::size_t>(body_bytes));
  const std::uint32_t crc = reader.be32();
  if (!reader.ok()) return corrupt_index(kSection, "entry is malformed or passes the section's end", offset);
  if (crc != crc32c(content)) return corrupt_index(kSection, "checksum doesn't match", offset);

  SeriesEntry entry;
  entry.bytes = reader.position();
  ByteReader body(content);
  if (const char* problem = read_labels(body, symbol_count, entry.labels)) {
    return corrupt_index(kSection, problem, offset);
  }
  if (const char* problem = read_chunks(body, entry.chunks)) return corrupt_index(kSection, problem, offset);
  if (!body.at_end()) return corrupt_index(kSection, "bytes are left over after the last chunk", offset);
  return entry;
}

}  // namespace promfill
