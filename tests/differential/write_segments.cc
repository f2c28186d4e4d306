// write_segments: chunks of given sizes into segment files, as the oracle's `segments` writes them of the same lines.
// Line n of standard input, {"limit":BYTES,"series":[[size,…],…]}, goes to the directory n in OUT; its line on standard
// output has the references of all its chunks. Byte i of the k-th chunk of a line is (7k + i) mod 256. Not installed.
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "chunk/segment_writer.h"

namespace promfill {
namespace {

using Sizes = std::vector<std::vector<std::size_t>>;

Bytes chunk_bytes(std::size_t position, std::size_t size) {
  Bytes bytes;
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(7 * position + i));
  return bytes;
}

Result<std::vector<std::uint64_t>> write_segments(const Sizes& series, std::uint64_t limit, const std::string& out) {
  PROMFILL_TRY_STATUS(create_directories(real_file_system(), out));
  SegmentWriter writer(real_file_system(), out, limit);
  std::vector<ChunkMeta> metas;
  std::size_t made = 0;
  for (const std::vector<std::size_t>& sizes : series) {
    std::vector<EncodedChunk> chunks;
    std::vector<ChunkView> views;
    for (const std::size_t size : sizes) chunks.push_back({.mint = {}, .maxt = {}, .data = chunk_bytes(made++, size)});
    for (const EncodedChunk& chunk : chunks) views.push_back(chunk.view());
    PROMFILL_TRY_STATUS(writer.write_series(views, metas));
  }
  PROMFILL_TRY_STATUS(std::move(writer).finish());
  std::vector<std::uint64_t> references;
  for (const ChunkMeta& meta : metas) references.push_back(meta.ref.value);
  return references;
}

Status run(const std::string& out) {
  std::string line;
  for (std::size_t number = 1; std::getline(std::cin, line); ++number) {
    const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || !json.contains("limit") || !json.contains("series")) {
      return Error{.code = ErrorCode::kCorrupt, .message = "not a case", .where = "line " + std::to_string(number)};
    }
    PROMFILL_TRY(const std::vector<std::uint64_t> references,
                 write_segments(json["series"].get<Sizes>(), json["limit"].get<std::uint64_t>(),
                                join_path(out, std::to_string(number))));
    std::cout << nlohmann::json(references).dump() << '\n';
  }
  return {};
}

}  // namespace
}  // namespace promfill

int main(int argc, char** argv) {
  if (argc != 3 || std::string_view(argv[1]) != "--out") {
    std::fputs("usage: write_segments --out DIR < sizes.jsonl\n", stderr);
    return 2;
  }
  if (const promfill::Status status = promfill::run(argv[2]); !status) {
    std::fprintf(stderr, "write_segments: %s\n", status.error().text().c_str());
    return 1;
  }
  return 0;
}
