// A run: what a shard wrote to disk because memory was short, or so that a crash costs little, in the order in which it
// will be merged. Its file goes when nobody needs it any more, unless it is to be found by the next process.
//
//   run       = section symbols | for each window: section directory, section data | section series (may be empty)
//             | section footer | BE64 where the footer begins
//   section   = frames, one behind the other; in a text below: uvarint begin | uvarint end
//   frame     = BE32 length of payload | BE32 CRC32C of payload | payload: whole records
//
// Records, by section:
//
//   symbols   = uvarint length | bytes, sorted
//   directory = labels | uvarint n | n × (u8 role + 16 × encoding | uvarint age | varint mint | uvarint maxt - mint |
//   uvarint size) data      = the bytes of those n chunks; series in label order series    = labels; all that the
//   tables had, where they were given up with this run footer    = uvarint generation | uvarint level | uvarint number
//   of symbols | section symbols | section series
//             | uvarint n | n × (varint window number | section directory | section data)
//   labels    = uvarint n | n × (uvarint name | uvarint value); symbols by position
//   age       = generation of the run - generation of the chunk; not 0 in runs made of runs
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "encoding/byte_writer.h"
#include "file/file_system.h"
#include "file/file_writer.h"
#include "merge/symbol_union.h"
#include "merge/window_series.h"

namespace promfill {

/// Frames [begin, end) of a run file.
struct RunSection {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// A run that is complete. The file goes with it unless it is kept.
class Run final : public SymbolList {
 public:
  struct Window {
    std::int64_t number = 0;
    RunSection directory;
    RunSection data;
  };
  /// Open what another process left.
  /// @error kCorrupt  it is not all there: every checksum is looked at; else what reading can fail with.
  static Result<std::shared_ptr<const Run>> open(FileSystem& fs, std::string path);
  ~Run() override;
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  [[nodiscard]] std::uint32_t size() const override { return symbol_count_; }
  [[nodiscard]] std::unique_ptr<SymbolCursor> walk() const override;
  /// By number.
  [[nodiscard]] std::span<const Window> windows() const { return windows_; }
  [[nodiscard]] const Window* window(std::int64_t number) const;
  /// Whether the tables were given up with this run.
  [[nodiscard]] bool ends_generation() const { return series_.begin != series_.end; }
  /// Labels of every series that the tables had, without chunks. Nothing unless the run ends a generation.
  [[nodiscard]] std::unique_ptr<SeriesCursor> walk_series() const;
  [[nodiscard]] std::uint32_t generation() const { return generation_; }
  /// How often its chunks were merged into a run of more of them.
  [[nodiscard]] std::uint32_t level() const { return level_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] const ReadableFile& file() const { return *file_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Leave the file where it is.
  void keep() const { kept_ = true; }

 private:
  friend class RunWriter;
  Status read_footer();
  Status check_frames() const;
  Run() = default;
  FileSystem* fs_ = nullptr;
  std::string path_;
  std::unique_ptr<ReadableFile> file_;
  std::uint32_t generation_ = 0;
  std::uint32_t level_ = 0;
  std::uint32_t symbol_count_ = 0;
  RunSection symbols_;
  RunSection series_;
  std::vector<Window> windows_;
  std::uint64_t bytes_ = 0;
  mutable std::atomic<bool> kept_{false};
};

/// A window of a run.
class RunWindow final : public WindowSeries {
 public:
  RunWindow(std::shared_ptr<const Run> run, const Run::Window& window) : run_(std::move(run)), window_(window) {}
  [[nodiscard]] const SymbolList& symbols() const override { return *run_; }
  [[nodiscard]] std::unique_ptr<SeriesCursor> walk() override;

 private:
  std::shared_ptr<const Run> run_;
  Run::Window window_;
};

class RunWriter {
 public:
  /// @error kNoSpace and what else creating a file can fail with.
  static Result<RunWriter> create(FileSystem& fs, std::string path, std::uint32_t generation, std::uint32_t level = 0);
  RunWriter(RunWriter&&) = default;
  /// Removes the file unless finished.
  ~RunWriter();

  /// What the labels of all series refer to, in order, first of all.
  Status add_symbol(std::string_view symbol);
  Status end_symbols();
  /// Series of a window with their chunks, windows by rising number. Series without chunks are left out.
  /// @param walk  called twice: for what there is, and for its bytes.
  Status add_window(std::int64_t number, const std::function<std::unique_ptr<SeriesCursor>()>& walk);
  /// The labels of every series that the tables had, once, last.
  Status add_series(SeriesCursor& series);
  Result<std::shared_ptr<const Run>> finish() &&;

 private:
  RunWriter(FileSystem& fs, FileWriter file) : fs_(&fs), file_(std::move(file)), run_(new Run()) {}
  void encode_labels(std::span<const SymbolPair> labels);
  /// The record is complete: put it into the frame.
  Status end_record();
  Status end_frame();
  Status end_section(RunSection& section);
  Status write_footer();

  FileSystem* fs_;
  FileWriter file_;
  std::unique_ptr<Run> run_;
  ByteWriter record_;
  ByteWriter frame_;
};

}  // namespace promfill
