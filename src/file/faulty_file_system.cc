// FaultyFileSystem: enter() decides, everything else passes on.
#include "file/faulty_file_system.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace promfill {
namespace {

/// In the order of the enum.
constexpr std::array<std::string_view, kFileCallKinds> kFileCallNames{
    "open",
    "read_at",
    "list",
    "info",
    "free_bytes",
    "lock",
    "create",
    "append",
    "write_at",
    "sync",
    "close",
    "create_directory",
    "rename",
    "replace",
    "remove_file",
    "remove_empty_directory",
    "sync_directory",
    "sync_file",
    "sync_file_system",
};

}  // namespace

std::string_view to_string(FileCall call) { return kFileCallNames[static_cast<std::size_t>(call)]; }

std::string to_string(const RecordedCall& recorded) {
  std::string text(to_string(recorded.call));
  text.append(" ").append(recorded.path);
  if (!recorded.to.empty()) text.append(" ").append(recorded.to);
  return recorded.failed ? text + " !" : text;
}

class FaultyFileSystem::Writable final : public WritableFile {
 public:
  Writable(FaultyFileSystem& fs, std::unique_ptr<WritableFile> base, std::string path)
      : fs_(fs), base_(std::move(base)), path_(std::move(path)) {}

  Status append(ByteView bytes) override {
    Status entered = fs_.enter(FileCall::kAppend, path_);
    if (entered) return base_->append(bytes);
    if (!bytes.empty()) {
      PROMFILL_TRY_STATUS(base_->append(bytes.first(std::min(fs_.short_write_bytes(), bytes.size() - 1))));
    }
    return entered;
  }
  Status write_at(std::uint64_t offset, ByteView bytes) override {
    PROMFILL_TRY_STATUS(fs_.enter(FileCall::kWriteAt, path_));
    return base_->write_at(offset, bytes);
  }
  Status sync() override {
    PROMFILL_TRY_STATUS(fs_.enter(FileCall::kSync, path_));
    return base_->sync();
  }
  void start_writeback() override { base_->start_writeback(); }
  Status close() override {
    PROMFILL_TRY_STATUS(fs_.enter(FileCall::kClose, path_));
    return base_->close();
  }

 private:
  FaultyFileSystem& fs_;
  std::unique_ptr<WritableFile> base_;
  std::string path_;
};

class FaultyFileSystem::Readable final : public ReadableFile {
 public:
  Readable(FaultyFileSystem& fs, std::unique_ptr<ReadableFile> base, std::string path)
      : fs_(fs), base_(std::move(base)), path_(std::move(path)) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    PROMFILL_TRY_STATUS(fs_.enter(FileCall::kReadAt, path_));
    return base_->read_at(offset, out);
  }
  [[nodiscard]] std::uint64_t size() const override { return base_->size(); }

 private:
  FaultyFileSystem& fs_;
  std::unique_ptr<ReadableFile> base_;
  std::string path_;
};

void FaultyFileSystem::fail(Fault fault) {
  PROMFILL_ASSERT(fault.nth > 0);
  const std::scoped_lock lock(mutex_);
  fault_ = fault;
  matched_ = 0;
  struck_ = false;
}

void FaultyFileSystem::repair() {
  const std::scoped_lock lock(mutex_);
  fault_.reset();
}

bool FaultyFileSystem::struck() const {
  const std::scoped_lock lock(mutex_);
  return struck_;
}

std::uint64_t FaultyFileSystem::calls() const {
  const std::scoped_lock lock(mutex_);
  return std::accumulate(calls_.begin(), calls_.end(), std::uint64_t{0});
}

std::uint64_t FaultyFileSystem::calls(FileCall call) const {
  const std::scoped_lock lock(mutex_);
  return calls_[static_cast<std::size_t>(call)];
}

std::vector<RecordedCall> FaultyFileSystem::changes() const {
  const std::scoped_lock lock(mutex_);
  return changes_;
}

Result<std::unique_ptr<ReadableFile>> FaultyFileSystem::open(const std::string& path) {
  PROMFILL_TRY_STATUS(enter(FileCall::kOpen, path));
  PROMFILL_TRY(auto base, base_.open(path));
  return std::unique_ptr<ReadableFile>(std::make_unique<Readable>(*this, std::move(base), path));
}

Result<std::unique_ptr<WritableFile>> FaultyFileSystem::create(const std::string& path) {
  PROMFILL_TRY_STATUS(enter(FileCall::kCreate, path));
  PROMFILL_TRY(auto base, base_.create(path));
  return std::unique_ptr<WritableFile>(std::make_unique<Writable>(*this, std::move(base), path));
}

Status FaultyFileSystem::create_directory(const std::string& path) {
  PROMFILL_TRY_STATUS(enter(FileCall::kCreateDirectory, path));
  return base_.create_directory(path);
}

Result<std::vector<DirectoryEntry>> FaultyFileSystem::list(const std::string& path) {
  PROMFILL_TRY_STATUS(enter(FileCall::kList, path));
  return base_.list(path);
}

Result<FileInfo> FaultyFileSystem::info(const std::string& path) {
  PROMFILL_TRY_STATUS(enter(FileCall::kInfo, path));
  return base_.info(path);
}

Status FaultyFileSystem::rename(const std::string& from, const std::string& to) {
  PROMFILL_TRY_STATUS(enter(FileCall::kRename, from, to));
  return base_.rename(from, to);
}

Status FaultyFileSystem::replace(const std::string& from, const std::string& to) {
  PROMFILL_TRY_STATUS(enter(FileCall::kReplace, from, to));
  return base_.replace(from, to);
}

Status FaultyFileSystem::remove_file(const std::string& path) {
  PROMFILL_TRY_STATUS(enter(FileCall::kRemoveFile, path));
  return base_.remove_file(path);
}

Status FaultyFileSystem::remove_empty_directory(const std::string& path) {
  PROMFILL_TRY_STATUS(enter(FileCall::kRemoveEmptyDirectory, path));
  return base_.remove_empty_directory(path);
}

Status FaultyFileSystem::sync_directory(const std::string& path) {
  PROMFILL_TRY_STATUS(enter(FileCall::kSyncDirectory, path));
  return base_.sync_directory(path);
}

Status FaultyFileSystem::sync_file(const std::string& path) {
  PROMFILL_TRY_STATUS(enter(FileCall::kSyncFile, path));
  return base_.sync_file(path);
}

Status FaultyFileSystem::sync_file_system(const std::string& path) {
  PROMFILL_TRY_STATUS(enter(FileCall::kSyncFileSystem, path));
  return base_.sync_file_system(path);
}

Result<std::unique_ptr<FileLock>> FaultyFileSystem::lock(const std::string& path) {
  PROMFILL_TRY_STATUS(enter(FileCall::kLock, path));
  return base_.lock(path);
}

Result<std::uint64_t> FaultyFileSystem::free_bytes(const std::string& path) {
  PROMFILL_TRY_STATUS(enter(FileCall::kFreeBytes, path));
  return base_.free_bytes(path);
}

Status FaultyFileSystem::enter(FileCall call, const std::string& path, const std::string& to) {
  const std::scoped_lock lock(mutex_);
  ++calls_[static_cast<std::size_t>(call)];
  bool fails = false;
  if (fault_ && fault_->call.value_or(call) == call) {
    ++matched_;
    fails = fault_->lasting ? matched_ >= fault_->nth : matched_ == fault_->nth;
  }
  if (call >= FileCall::kLock) changes_.push_back({.call = call, .path = path, .to = to, .failed = fails});
  if (!fails) return {};
  struck_ = true;
  return Error{.code = fault_->code, .message = std::string(to_string(call)) + ": made to fail", .where = path};
}

std::size_t FaultyFileSystem::short_write_bytes() const {
  const std::scoped_lock lock(mutex_);
  return fault_ ? fault_->short_write_bytes : 0;
}

}  // namespace promfill
