// See run_file.h.
#include "merge/run_file.h"

#include <algorithm>
#include <array>

#include "encoding/byte_reader.h"
#include "encoding/crc32c.h"

namespace promfill {
namespace {

constexpr std::size_t kFrameBytes = 1 << 16;  // a larger record has a frame of its own
constexpr std::size_t kFrameHeadBytes = 8;
constexpr std::size_t kFooterPointerBytes = 8;
constexpr std::uint64_t kRecordBytesMax = 0xFFFFFFFF;  // a frame holds it
constexpr ChunkRole kLastRole = ChunkRole::kOpen;

bool is_spilled(ChunkEncoding encoding) { return holds_floats(encoding) || encoding == ChunkEncoding::kRecords; }

Error damaged(const Run& run, std::uint64_t at) {
  return {ErrorCode::kCorrupt, "read spilled data: a checksum is wrong; it was damaged after it was written",
          run.path() + ", byte " + std::to_string(at),
          "nothing was committed; check the disk, or choose another with --staging, and run again"};
}

/// Reads the frames of a section one after the other.
class FrameReader {
 public:
  FrameReader(const Run& run, RunSection section) : run_(&run), at_(section.begin), end_(section.end) {}

  /// Go to the next frame. False at the end.
  Result<bool> next() {
    if (at_ == end_) return false;
    if (end_ - at_ < kFrameHeadBytes) return damaged();
    std::array<std::uint8_t, kFrameHeadBytes> head;
    PROMFILL_TRY(const std::size_t head_read, run_->file().read_at(at_, head));
    const std::uint64_t bytes = load_be32(head.data());
    if (head_read < head.size() || bytes > end_ - at_ - kFrameHeadBytes) return damaged();
    payload_.resize(static_cast<std::size_t>(bytes));
    PROMFILL_TRY(const std::size_t read, run_->file().read_at(at_ + kFrameHeadBytes, payload_));
    if (read < bytes || crc32c(payload_) != load_be32(head.data() + 4)) return damaged();
    at_ += kFrameHeadBytes + bytes;
    return true;
  }
  [[nodiscard]] ByteView payload() const { return payload_; }
  [[nodiscard]] Error damaged() const { return promfill::damaged(*run_, at_); }

 private:
  const Run* run_;
  std::uint64_t at_;
  std::uint64_t end_;
  Bytes payload_;
};

class RunSymbols final : public SymbolCursor {
 public:
  RunSymbols(const Run& run, RunSection section) : frames_(run, section), reader_({}) {}
  Result<std::optional<std::string_view>> next() override {
    if (reader_.at_end()) {
      PROMFILL_TRY(const bool more, frames_.next());
      if (!more) return std::optional<std::string_view>();
      reader_ = ByteReader(frames_.payload());
    }
    const std::string_view symbol = reader_.string();
    if (!reader_.ok()) return frames_.damaged();
    return std::optional(symbol);
  }

 private:
  FrameReader frames_;
  ByteReader reader_;
};

class RunSeries final : public SeriesCursor {
 public:
  RunSeries(const Run& run, RunSection directory, RunSection data, bool has_chunks)
      : symbol_count_(run.size()),
        generation_(run.generation()),
        directory_(run, directory),
        data_(run, data),
        has_chunks_(has_chunks),
        reader_({}) {}

  Result<bool> next() override {
    // The data of series whose pieces nobody asked for is passed over with the next ones.
    unread_bytes_ += data_bytes_;
    data_bytes_ = 0;
    if (reader_.at_end()) {
      PROMFILL_TRY(const bool more, directory_.next());
      if (!more) return false;
      reader_ = ByteReader(directory_.payload());
    }
    labels_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(reader_.uvarint(), reader_.remaining())));
    bool good = true;
    for (SymbolPair& pair : labels_) {
      pair.name.value = static_cast<std::uint32_t>(reader_.uvarint());
      pair.value.value = static_cast<std::uint32_t>(reader_.uvarint());
      good = good && pair.name.value < symbol_count_ && pair.value.value < symbol_count_;
    }
    chunks_.clear();
    if (has_chunks_) good = read_chunk_list() && good;
    if (!good || !reader_.ok()) return directory_.damaged();
    return true;
  }
  [[nodiscard]] std::span<const SymbolPair> labels() const override { return labels_; }

  Status add_pieces(std::vector<SeriesPiece>& out) override {
    PROMFILL_TRY(ByteView bytes, read_data());
    for (const Chunk& chunk : chunks_) {
      const ChunkView view{chunk.encoding, chunk.mint, chunk.maxt, bytes.first(chunk.bytes)};
      out.push_back({view, chunk.role, chunk.generation});
      bytes = bytes.subspan(chunk.bytes);
    }
    return {};
  }

 private:
  struct Chunk {
    ChunkRole role = ChunkRole::kFinal;
    ChunkEncoding encoding = ChunkEncoding::kXor;
    std::uint32_t generation = 0;
    Timestamp mint;
    Timestamp maxt;
    std::size_t bytes = 0;
  };

  /// @return whether it says what can be.
  bool read_chunk_list() {
    bool good = true;
    chunks_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(reader_.uvarint(), reader_.remaining())));
    for (Chunk& chunk : chunks_) {
      const std::uint8_t kind = reader_.u8();
      const auto role = static_cast<std::uint8_t>(kind & 0xf);
      chunk.role = static_cast<ChunkRole>(role);
      chunk.encoding = static_cast<ChunkEncoding>(kind >> 4);
      chunk.generation = generation_ - static_cast<std::uint32_t>(reader_.uvarint());
      chunk.mint.ms = reader_.varint();
      const bool ends = !__builtin_add_overflow(chunk.mint.ms, reader_.uvarint(), &chunk.maxt.ms);
      chunk.bytes = static_cast<std::size_t>(reader_.uvarint());
      good = good && role <= static_cast<std::uint8_t>(kLastRole) && is_spilled(chunk.encoding) && ends &&
             chunk.bytes <= kRecordBytesMax;
      data_bytes_ += chunk.bytes;
    }
    return good;
  }

  /// The bytes of the current series, after passing over those before it.
  Result<ByteView> read_data() {
    while (unread_bytes_ + data_bytes_ > data_.payload().size() - data_at_) {
      const std::size_t rest = data_.payload().size() - data_at_;
      if (rest > unread_bytes_) return data_.damaged();  // a record in two frames
      unread_bytes_ -= rest;
      data_at_ = 0;
      PROMFILL_TRY(const bool more, data_.next());
      if (!more) return data_.damaged();
    }
    data_at_ += unread_bytes_;
    unread_bytes_ = 0;
    const ByteView bytes = data_.payload().subspan(data_at_, data_bytes_);
    data_at_ += data_bytes_;
    data_bytes_ = 0;
    return bytes;
  }

  std::uint32_t symbol_count_;
  std::uint32_t generation_;
  FrameReader directory_;
  FrameReader data_;
  bool has_chunks_;
  ByteReader reader_;
  std::vector<SymbolPair> labels_;
  std::vector<Chunk> chunks_;
  std::size_t data_bytes_ = 0;    // of the current series
  std::size_t unread_bytes_ = 0;  // of series before it
  std::size_t data_at_ = 0;       // in the payload
};

}  // namespace

Run::~Run() {
  file_.reset();
  if (!path_.empty() && !kept_) (void)fs_->remove_file(path_);
}

Result<std::shared_ptr<const Run>> Run::open(FileSystem& fs, std::string path) {
  std::unique_ptr<Run> run(new Run());
  run->fs_ = &fs;
  run->path_ = std::move(path);
  run->keep();  // until it is known to be one
  PROMFILL_TRY(run->file_, fs.open(run->path_));
  run->bytes_ = run->file_->size();
  PROMFILL_TRY_STATUS(run->read_footer());
  PROMFILL_TRY_STATUS(run->check_frames());
  run->kept_ = false;
  return std::shared_ptr<const Run>(std::move(run));
}

Status Run::read_footer() {
  std::array<std::uint8_t, kFooterPointerBytes> pointer;
  if (bytes_ < pointer.size()) return damaged(*this, bytes_);
  const std::uint64_t end = bytes_ - pointer.size();
  PROMFILL_TRY(const std::size_t read, file_->read_at(end, pointer));
  const std::uint64_t begin = load_be64(pointer.data());
  if (read < pointer.size() || begin > end) return damaged(*this, end);
  FrameReader frames(*this, {begin, end});
  PROMFILL_TRY(const bool any, frames.next());
  if (!any) return damaged(*this, begin);
  ByteReader reader(frames.payload());
  std::uint64_t least = 0;
  const auto section = [&reader, &least, begin](bool is_placed) {
    RunSection one;
    one.begin = reader.uvarint();
    one.end = reader.uvarint();
    const bool overlaps = is_placed && one.begin < least;
    if (overlaps || one.end < one.begin || one.end > begin) reader.raw(SIZE_MAX);  // from now on it fails
    if (is_placed) least = one.end;
    return one;
  };
  generation_ = static_cast<std::uint32_t>(reader.uvarint());
  level_ = static_cast<std::uint32_t>(reader.uvarint());
  symbol_count_ = static_cast<std::uint32_t>(reader.uvarint());
  // Sections lie one behind the other; that of all series, which the footer names before, comes last.
  symbols_ = section(true);
  series_ = section(false);
  for (std::uint64_t n = reader.uvarint(); n > 0 && reader.ok(); --n) {
    Window& window = windows_.emplace_back();
    window.number = reader.varint();
    window.directory = section(true);
    window.data = section(true);
    if (windows_.size() > 1 && windows_[windows_.size() - 2].number >= window.number) return damaged(*this, begin);
  }
  const bool is_last = series_.begin == series_.end || series_.begin >= least;
  if (!reader.ok() || !reader.at_end() || !is_last) return damaged(*this, begin);
  return {};
}

Status Run::check_frames() const {
  const auto check = [this](RunSection section) -> Status {
    FrameReader frames(*this, section);
    while (true) {
      PROMFILL_TRY(const bool more, frames.next());
      if (!more) return {};
    }
  };
  std::uint64_t symbols = 0;
  std::string last;
  for (RunSymbols walk(*this, symbols_); true; ++symbols) {
    PROMFILL_TRY(const auto symbol, walk.next());
    if (!symbol) break;
    if (symbols > 0 && *symbol <= last) return damaged(*this, symbols_.begin);
    last = *symbol;
  }
  if (symbols != symbol_count_) return damaged(*this, symbols_.begin);
  PROMFILL_TRY_STATUS(check(series_));
  for (const Window& window : windows_) {
    PROMFILL_TRY_STATUS(check(window.directory));
    PROMFILL_TRY_STATUS(check(window.data));
  }
  return {};
}

std::unique_ptr<SymbolCursor> Run::walk() const { return std::make_unique<RunSymbols>(*this, symbols_); }

std::unique_ptr<SeriesCursor> Run::walk_series() const {
  return std::make_unique<RunSeries>(*this, series_, RunSection(), false);
}

const Run::Window* Run::window(std::int64_t number) const {
  const auto at = std::lower_bound(windows_.begin(), windows_.end(), number,
                                   [](const Window& window, std::int64_t n) { return window.number < n; });
  return at != windows_.end() && at->number == number ? &*at : nullptr;
}

std::unique_ptr<SeriesCursor> RunWindow::walk() {
  return std::make_unique<RunSeries>(*run_, window_.directory, window_.data, true);
}

Result<RunWriter> RunWriter::create(FileSystem& fs, std::string path, std::uint32_t generation, std::uint32_t level) {
  PROMFILL_TRY(FileWriter file, FileWriter::create(fs, path));
  RunWriter writer(fs, std::move(file));
  writer.run_->fs_ = &fs;
  writer.run_->path_ = std::move(path);
  writer.run_->generation_ = generation;
  writer.run_->level_ = level;
  return writer;
}

RunWriter::~RunWriter() = default;  // an unfinished run goes with its file

Status RunWriter::add_symbol(std::string_view symbol) {
  if (run_->symbol_count_++ == 0) run_->symbols_.begin = file_.position();
  record_.clear();
  record_.string(symbol);
  return end_record();
}

Status RunWriter::end_symbols() {
  if (run_->symbol_count_ == 0) return {};
  return end_section(run_->symbols_);
}

Status RunWriter::add_window(std::int64_t number, const std::function<std::unique_ptr<SeriesCursor>()>& walk) {
  Run::Window window{number, {}, {}};
  std::vector<SeriesPiece> pieces;
  window.directory.begin = file_.position();
  const std::unique_ptr<SeriesCursor> first = walk();
  while (true) {
    PROMFILL_TRY(const bool more, first->next());
    if (!more) break;
    pieces.clear();
    PROMFILL_TRY_STATUS(first->add_pieces(pieces));
    if (pieces.empty()) continue;
    record_.clear();
    encode_labels(first->labels());
    record_.uvarint(pieces.size());
    for (const SeriesPiece& piece : pieces) {
      PROMFILL_ASSERT(is_spilled(piece.chunk.encoding));
      const auto encoding = static_cast<std::uint32_t>(piece.chunk.encoding);
      record_.u8(static_cast<std::uint8_t>(static_cast<std::uint32_t>(piece.role) | encoding << 4));
      record_.uvarint(run_->generation_ - piece.generation);
      record_.varint(piece.chunk.mint.ms);
      record_.uvarint(static_cast<std::uint64_t>(piece.chunk.maxt.ms - piece.chunk.mint.ms));
      record_.uvarint(piece.chunk.data.size());
    }
    PROMFILL_TRY_STATUS(end_record());
  }
  PROMFILL_TRY_STATUS(end_section(window.directory));
  window.data.begin = file_.position();
  const std::unique_ptr<SeriesCursor> second = walk();
  while (true) {
    PROMFILL_TRY(const bool more, second->next());
    if (!more) break;
    pieces.clear();
    PROMFILL_TRY_STATUS(second->add_pieces(pieces));
    record_.clear();
    for (const SeriesPiece& piece : pieces) record_.raw(piece.chunk.data);
    PROMFILL_TRY_STATUS(end_record());
  }
  PROMFILL_TRY_STATUS(end_section(window.data));
  if (window.directory.begin != window.directory.end) run_->windows_.push_back(window);
  return {};
}

Status RunWriter::add_series(SeriesCursor& series) {
  run_->series_.begin = file_.position();
  while (true) {
    PROMFILL_TRY(const bool more, series.next());
    if (!more) return end_section(run_->series_);
    record_.clear();
    encode_labels(series.labels());
    PROMFILL_TRY_STATUS(end_record());
  }
}

Result<std::shared_ptr<const Run>> RunWriter::finish() && {
  PROMFILL_TRY_STATUS(write_footer());
  run_->bytes_ = file_.position();
  PROMFILL_TRY_STATUS(std::move(file_).close());
  PROMFILL_TRY(run_->file_, fs_->open(run_->path_));
  return std::shared_ptr<const Run>(std::move(run_));
}

Status RunWriter::write_footer() {
  const std::uint64_t begin = file_.position();
  record_.clear();
  const auto add = [this](RunSection section) {
    record_.uvarint(section.begin);
    record_.uvarint(section.end);
  };
  record_.uvarint(run_->generation_);
  record_.uvarint(run_->level_);
  record_.uvarint(run_->symbol_count_);
  add(run_->symbols_);
  add(run_->series_);
  record_.uvarint(run_->windows_.size());
  for (const Run::Window& window : run_->windows_) {
    record_.varint(window.number);
    add(window.directory);
    add(window.data);
  }
  PROMFILL_TRY_STATUS(end_record());
  PROMFILL_TRY_STATUS(end_frame());
  std::array<std::uint8_t, kFooterPointerBytes> pointer;
  store_be64(pointer.data(), begin);
  return file_.append(pointer);
}

void RunWriter::encode_labels(std::span<const SymbolPair> labels) {
  record_.uvarint(labels.size());
  for (const SymbolPair& pair : labels) {
    record_.uvarint(pair.name.value);
    record_.uvarint(pair.value.value);
  }
}

Status RunWriter::end_record() {
  if (frame_.size() + record_.size() > kFrameBytes) PROMFILL_TRY_STATUS(end_frame());
  if (record_.size() >= UINT32_MAX) {
    return Error{ErrorCode::kLimit, "a series has more than 4 GiB in one window", run_->path_, "use shorter blocks"};
  }
  frame_.raw(record_.view());
  return {};
}

Status RunWriter::end_frame() {
  if (frame_.size() == 0) return {};
  std::array<std::uint8_t, kFrameHeadBytes> head;
  store_be32(head.data(), static_cast<std::uint32_t>(frame_.size()));
  store_be32(head.data() + 4, crc32c(frame_.view()));
  PROMFILL_TRY_STATUS(file_.append(head));
  PROMFILL_TRY_STATUS(file_.append(frame_.view()));
  frame_.clear();
  return {};
}

Status RunWriter::end_section(RunSection& section) {
  PROMFILL_TRY_STATUS(end_frame());
  section.end = file_.position();
  return {};
}

}  // namespace promfill
