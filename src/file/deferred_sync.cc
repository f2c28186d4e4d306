// See deferred_sync.h.
#include "file/deferred_sync.h"

#include <utility>

namespace promfill {

class DeferredSync::Writable final : public WritableFile {
 public:
  Writable(DeferredSync& fs, std::unique_ptr<WritableFile> base, std::string path)
      : fs_(fs), base_(std::move(base)), path_(std::move(path)) {}

  Status append(ByteView bytes) override {
    PROMFILL_TRY_STATUS(base_->append(bytes));
    appended_ += bytes.size();
    if (appended_ - started_ >= kWritebackBytes) {
      base_->start_writeback();
      started_ = appended_;
    }
    return {};
  }
  Status write_at(std::uint64_t offset, ByteView bytes) override { return base_->write_at(offset, bytes); }
  Status sync() override {
    base_->start_writeback();
    return fs_.sync_file(path_);
  }
  Status close() override { return base_->close(); }

 private:
  static constexpr std::uint64_t kWritebackBytes = 8 << 20;
  DeferredSync& fs_;
  std::unique_ptr<WritableFile> base_;
  std::string path_;
  std::uint64_t appended_ = 0;
  std::uint64_t started_ = 0;
};

Result<std::unique_ptr<WritableFile>> DeferredSync::create(const std::string& path) {
  PROMFILL_TRY(auto base, base_.create(path));
  return std::unique_ptr<WritableFile>(std::make_unique<Writable>(*this, std::move(base), path));
}

Status DeferredSync::sync_file(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  files_.push_back(path);
  return {};
}

Status DeferredSync::sync_directory(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  directories_.push_back(path);
  return {};
}

Status DeferredSync::sync_all(const std::string& path) {
  std::vector<std::string> files;
  std::vector<std::string> directories;
  {
    const std::scoped_lock lock(mutex_);
    files.swap(files_);
    directories.swap(directories_);
  }
  if (files.size() + directories.size() > kSyncedAloneMax) return base_.sync_file_system(path);
  for (const std::string& file : files) PROMFILL_TRY_STATUS(base_.sync_file(file));
  for (const std::string& directory : directories) PROMFILL_TRY_STATUS(base_.sync_directory(directory));
  return {};
}

}  // namespace promfill
