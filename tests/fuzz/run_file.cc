// Runs, which another process left. What opens can be walked to its end or to an error, and says only what is there:
// labels made of its symbols. The file is tried as it is and with good checksums.
#include "merge/run_file.h"

#include "checksums.h"
#include "files_in_memory.h"
#include "target.h"

namespace promfill {
namespace {

using namespace fuzz;

constexpr std::size_t kFrameHeaderBytes = 8;
constexpr std::size_t kFooterPlaceBytes = 8;

/// BE32 length | CRC of the payload | payload, up to where the file says where its footer is.
Bytes with_checksums(Bytes bytes) {
  for (std::size_t at = 0; at + kFrameHeaderBytes + kFooterPlaceBytes <= bytes.size();) {
    const auto length = static_cast<std::size_t>(number_at(bytes, at, 4));
    const std::size_t begin = at + kFrameHeaderBytes;
    if (length > bytes.size() - begin) break;
    put_checksum(bytes, begin, begin + length, at + 4);
    at = begin + length;
  }
  return bytes;
}

void walk(SeriesCursor& series, std::uint32_t symbols) {
  std::vector<SeriesPiece> pieces;
  while (true) {
    const auto more = series.next();
    if (!more || !*more) return;
    for (const SymbolPair& label : series.labels())
      FUZZ_EXPECT(label.name.value < symbols && label.value.value < symbols);
    pieces.clear();
    if (!series.add_pieces(pieces)) return;
  }
}

void read(const Bytes& bytes) {
  FilesInMemory files({{"run", bytes}});
  const auto run = Run::open(files, "run");
  if (!run) return;
  std::uint32_t symbols = 0;
  std::string last;
  for (const auto cursor = (*run)->walk(); true; ++symbols) {
    const auto symbol = cursor->next();
    FUZZ_EXPECT(symbol);
    if (!*symbol) break;
    FUZZ_EXPECT(symbols == 0 || last < **symbol);
    last = **symbol;
  }
  FUZZ_EXPECT(symbols == (*run)->size());
  for (const Run::Window& window : (*run)->windows()) {
    FUZZ_EXPECT((*run)->window(window.number) != nullptr);
    walk(*RunWindow(*run, window).walk(), (*run)->size());
  }
  walk(*(*run)->walk_series(), (*run)->size());
}

}  // namespace
}  // namespace promfill

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const promfill::Bytes bytes(data, data + size);
  promfill::read(bytes);
  promfill::read(promfill::with_checksums(bytes));
  return 0;
}
