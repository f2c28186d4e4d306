// Index files. What the reader accepts can be walked: every series of every list has labels in order, made of symbols.
// The file is tried as it is and with good checksums.
#include "index/index_reader.h"

#include <algorithm>

#include "checksums.h"
#include "files_in_memory.h"
#include "index/index_frames.h"
#include "target.h"

namespace promfill {
namespace {

using namespace fuzz;

constexpr std::size_t kTocBytes = 52;
constexpr std::size_t kLengthBytes = 4;

/// BE32 length | content | CRC of the content. @return where the next begins, or nothing.
std::optional<std::size_t> mend_frame(Bytes& bytes, std::size_t at) {
  if (at > bytes.size() || bytes.size() - at < kLengthBytes) return std::nullopt;
  const auto length = static_cast<std::size_t>(number_at(bytes, at, kLengthBytes));
  const std::size_t begin = at + kLengthBytes;
  if (length > bytes.size() - begin || !put_checksum(bytes, begin, begin + length, begin + length)) return std::nullopt;
  return begin + length + kChecksumBytes;
}

std::optional<std::size_t> mend_series(Bytes& bytes, std::size_t at) {
  const auto length = uvarint_at(bytes, at);
  if (!length || length->value > bytes.size() - length->end) return std::nullopt;
  const std::size_t end = length->end + static_cast<std::size_t>(length->value);
  if (!put_checksum(bytes, length->end, end, end)) return std::nullopt;
  return end + kChecksumBytes;
}

std::size_t aligned(std::size_t at, std::size_t alignment) { return (at + alignment - 1) / alignment * alignment; }

Bytes with_checksums(Bytes bytes) {
  if (bytes.size() < kTocBytes) return bytes;
  const std::size_t toc_at = bytes.size() - kTocBytes;
  put_checksum(bytes, toc_at, toc_at + kTocBytes - kChecksumBytes, toc_at + kTocBytes - kChecksumBytes);
  const auto toc = parse_toc(ByteView(bytes).subspan(toc_at));
  if (!toc) return bytes;
  mend_frame(bytes, toc->symbols);
  mend_frame(bytes, toc->postings_table);
  const std::size_t limit = std::min<std::size_t>(bytes.size(), toc->postings);
  for (std::optional<std::size_t> at = toc->series; at && *at < limit;)
    at = mend_series(bytes, aligned(*at, kSeriesAlignment));
  for (std::optional<std::size_t> at = toc->postings; at && *at < toc->postings_table;) {
    at = mend_frame(bytes, aligned(*at, kPostingsAlignment));
  }
  return bytes;
}

void walk(const IndexReader& reader) {
  std::size_t series_read = 0;
  for (const PostingsEntry& entry : reader.postings_entries()) {
    const auto list = reader.postings(entry.name, entry.value);
    if (!list) continue;
    FUZZ_EXPECT(std::is_sorted(list->begin(), list->end()));
    for (const SeriesRef ref : *list) {
      if (++series_read > 1000) return;  // lists may say the same thousands of times
      const auto series = reader.series(ref);
      if (!series) continue;
      std::string_view last;
      for (const Label& label : series->labels) {
        FUZZ_EXPECT(label.name > last && !label.value.empty());
        last = label.name;
      }
    }
  }
  for (const std::string_view name : reader.label_names()) (void)reader.label_values(name);
  const auto matcher = Matcher::create(MatchKind::kNotRegex, "host", "a.*");
  FUZZ_EXPECT(matcher);
  (void)reader.select(std::span(&*matcher, 1));
}

void read(const Bytes& bytes) {
  FilesInMemory files({{"index", bytes}});
  (void)check_index_frames(files, "index");
  const auto reader = IndexReader::parse(bytes, "index");
  if (reader) walk(*reader);
}

}  // namespace
}  // namespace promfill

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const promfill::Bytes bytes(data, data + size);
  promfill::read(bytes);
  promfill::read(promfill::with_checksums(bytes));
  return 0;
}
