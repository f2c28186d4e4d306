// TOC and section frames of an index file; see index_format.h for their bytes.
#include "section/index_format.h"

#include "encoding/byte_reader.h"
#include "encoding/crc32c.h"

namespace promfill {

Result<IndexToc> parse_toc(ByteView last_bytes) {
  if (last_bytes.size() != kTocBytes) {
    return Error{ErrorCode::kCorrupt, "read table of contents: it has 52 bytes, the file ends before", "", ""};
  }
  ByteReader reader(last_bytes);
  IndexToc toc;
  toc.symbols = reader.be64();
  toc.series = reader.be64();
  toc.label_indices = reader.be64();
  toc.label_indices_table = reader.be64();
  toc.postings = reader.be64();
  toc.postings_table = reader.be64();
  if (reader.be32() != crc32c(last_bytes.first(kTocBytes - 4))) {
    return Error{ErrorCode::kCorrupt, "read table of contents: checksum doesn't match", "", ""};
  }
  return toc;
}

void encode_toc(const IndexToc& toc, ByteWriter& out) {
  const std::size_t start = out.size();
  for (const std::uint64_t offset :
       {toc.symbols, toc.series, toc.label_indices, toc.label_indices_table, toc.postings, toc.postings_table}) {
    out.be64(offset);
  }
  out.be32(crc32c(out.view().subspan(start)));
}

Result<ByteView> framed_content(ByteView file, std::uint64_t offset, std::string_view section) {
  if (offset > file.size()) return corrupt_index(section, "it begins behind the end of its part of the file", offset);
  ByteReader reader(file.subspan(static_cast<std::size_t>(offset)));
  const std::uint32_t length = reader.be32();
  const ByteView content = reader.raw(length);
  const std::uint32_t crc = reader.be32();
  if (!reader.ok()) return corrupt_index(section, "it reaches behind the end of its part of the file", offset);
  if (crc != crc32c(content)) return corrupt_index(section, "checksum doesn't match", offset);
  return content;
}

Error corrupt_index(std::string_view section, std::string_view problem, std::uint64_t offset) {
  std::string message = "read ";
  message.append(section).append(": ").append(problem);
  return Error{ErrorCode::kCorrupt, std::move(message), "byte " + std::to_string(offset), ""};
}

}  // namespace promfill
