#include "source/object_store.h"

#include <arrow/filesystem/filesystem.h>
#include <arrow/io/file.h>
#include <arrow/util/config.h>
#include <arrow/util/future.h>
#include <dlfcn.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>

#include "source/arrow_columns.h"

namespace promfill {
namespace {

using FileSystemPointer = std::shared_ptr<arrow::fs::FileSystem>;

constexpr std::array<std::string_view, 4> kSchemes{"s3://", "gs://", "abfs://", "abfss://"};

/// The parts of an address, which stay text: scheme://path?options.
struct Address {
  std::string scheme;   // with ://
  std::string path;     // as it is written, bucket first
  std::string options;  // with the question mark, or empty

  [[nodiscard]] std::string bucket() const { return path.substr(0, path.find('/')); }
};

Result<Address> parse(const std::string& text) {
  Address address;
  address.scheme = text.substr(0, text.find("://") + 3);
  const std::size_t question = text.find('?');
  address.path = text.substr(address.scheme.size(), question - address.scheme.size());
  if (question != std::string::npos) address.options = text.substr(question);
  const std::size_t at = address.bucket().find('@');
  const bool is_azure = address.scheme.starts_with("abfs");  // whose containers are named CONTAINER@ACCOUNT
  if (at != std::string::npos && (!is_azure || address.bucket().find(':') < at)) {
    return Error{ErrorCode::kUsage, "the address has credentials in it", address.scheme + address.path.substr(at + 1),
                 "put them where nobody reads along: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile"};
  }
  if (address.bucket().empty()) {
    return Error{ErrorCode::kUsage, "the address names no bucket", text, "write it as s3://BUCKET/KEY"};
  }
  return address;
}

std::string escaped(std::string_view path) {
  static constexpr std::string_view kPlain = "-._~/!$&'()*+,;=:@";
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          kPlain.find(c) != std::string_view::npos;
    if (is_plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

/// Clients, which are kept: finding a bucket's region takes a request.
class Clients {
 public:
  static Clients& all() {
    static Clients clients;
    return clients;
  }

  Result<FileSystemPointer> find(const Address& address) {
    const std::scoped_lock lock(mutex_);
    FileSystemPointer& fs = clients_[address.scheme + address.bucket() + address.options];
    if (fs != nullptr) return fs;
    if (address.scheme == "s3://") load_s3();
    const std::string text = address.scheme + address.path + address.options;
    auto made = arrow::fs::FileSystemFromUri(text);
    // S3's own static objects exist from now on, and have to be ended before they go.
    static const bool ends = std::atexit([] { all().end(); }) == 0;
    (void)ends;
    if (!made.ok()) return arrow_error(made.status(), "reach the store", text);
    return fs = *std::move(made);
  }

 private:
  /// Arrow's wheel has S3 in a library beside its own, which registers itself when it is loaded: not before somebody
  /// asks for it, as it is large. Elsewhere it is part of Arrow.
  void load_s3() {
    static const bool loaded = [] {
      Dl_info arrow{};
      arrow::Result<FileSystemPointer> (*const known)(const std::string&, std::string*) = &arrow::fs::FileSystemFromUri;
      if (::dladdr(reinterpret_cast<const void*>(known), &arrow) == 0 || arrow.dli_fname == nullptr) return false;
      const std::string path(arrow.dli_fname);
      const std::string beside = path.substr(0, path.rfind('/') + 1) + "libarrow_s3.so." + ARROW_SO_VERSION;
      void* const library = ::dlopen(beside.c_str(), RTLD_NOW | RTLD_LOCAL);
      void* const end = ::dlsym(library != nullptr ? library : RTLD_DEFAULT, "_ZN5arrow2fs17EnsureS3FinalizedEv");
      all().end_s3_ = reinterpret_cast<EndS3>(end);
      return library != nullptr;
    }();
    (void)loaded;  // else the address is one that Arrow doesn't know, which it says
  }

  void end() {
    const std::scoped_lock lock(mutex_);
    clients_.clear();
    if (end_s3_ != nullptr) (void)end_s3_();
  }

  using EndS3 = arrow::Status (*)();  // arrow::fs::EnsureS3Finalized
  std::mutex mutex_;
  std::map<std::string, FileSystemPointer> clients_;
  EndS3 end_s3_ = nullptr;
};

/// A store and a path in it.
struct Located {
  FileSystemPointer fs;
  std::string path;
};

Result<Located> locate(const std::string& text) {
  PROMFILL_TRY(Address address, parse(text));
  PROMFILL_TRY(FileSystemPointer fs, Clients::all().find(address));
  if (address.path.find('/') == std::string::npos) address.path += '/';  // a bucket alone
  auto path = fs->PathFromUri(address.scheme + address.path + address.options);
  if (!path.ok()) return arrow_error(path.status(), "read the address", text);
  while (path->ends_with('/')) path->pop_back();
  return Located{std::move(fs), *std::move(path)};
}

Error store_error(const arrow::Status& status, std::string_view step, const std::string& where) {
  Error error = arrow_error(status, step, where);
  const std::string_view message = status.message();
  const auto has = [message](std::string_view words) { return message.find(words) != std::string_view::npos; };
  if (has("ACCESS_DENIED") || has("403") || has("AccessDenied")) {
    error.code = ErrorCode::kPermission;
    error.hint = "check the credentials in the environment, and what they allow";
  } else if (has("NO_SUCH_KEY") || has("404") || has("does not exist") || has("NoSuchBucket")) {
    error.code = ErrorCode::kNotFound;
    error.hint = "check the address";
  } else if (error.code == ErrorCode::kCorrupt) {
    error.code = ErrorCode::kIo;
    error.hint = "check the network and the address's options, such as endpoint_override and region";
  }
  return error;
}

class ObjectFile final : public ReadableFile {
 public:
  ObjectFile(std::shared_ptr<arrow::io::RandomAccessFile> file, std::string address, std::uint64_t size)
      : file_(std::move(file)), address_(std::move(address)), size_(size) {}

  [[nodiscard]] std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    const auto got =
        file_->ReadAt(static_cast<std::int64_t>(offset), static_cast<std::int64_t>(out.size()), out.data());
    if (!got.ok()) return store_error(got.status(), "read", address_);
    return static_cast<std::size_t>(*got);
  }

 private:
  std::shared_ptr<arrow::io::RandomAccessFile> file_;
  std::string address_;
  std::uint64_t size_;
};

/// Reads in the thread that asks. Arrow's own asynchronous reads end in threads of its own, which may let go of a
/// buffer after the source has ended, and with it the pool that the buffer is of.
class BlockingFile final : public arrow::io::RandomAccessFile {
 public:
  explicit BlockingFile(std::shared_ptr<arrow::io::RandomAccessFile> file) : file_(std::move(file)) {}

  arrow::Status Close() override { return file_->Close(); }
  [[nodiscard]] bool closed() const override { return file_->closed(); }
  [[nodiscard]] arrow::Result<std::int64_t> Tell() const override { return file_->Tell(); }
  arrow::Status Seek(std::int64_t position) override { return file_->Seek(position); }
  arrow::Result<std::int64_t> GetSize() override { return file_->GetSize(); }
  arrow::Result<std::int64_t> Read(std::int64_t bytes, void* out) override { return file_->Read(bytes, out); }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t bytes) override { return file_->Read(bytes); }
  arrow::Result<std::int64_t> ReadAt(std::int64_t position, std::int64_t bytes, void* out) override {
    return file_->ReadAt(position, bytes, out);
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(std::int64_t position, std::int64_t bytes) override {
    return file_->ReadAt(position, bytes);
  }
  arrow::Future<std::shared_ptr<arrow::Buffer>> ReadAsync(const arrow::io::IOContext& /*context*/,
                                                          std::int64_t position, std::int64_t bytes) override {
    return arrow::Future<std::shared_ptr<arrow::Buffer>>::MakeFinished(file_->ReadAt(position, bytes));
  }

#if ARROW_VERSION_MAJOR >= 25  // whose readers ask so
  arrow::Future<std::shared_ptr<arrow::Buffer>> ReadAsync(const arrow::io::IOContext& /*context*/,
                                                          std::int64_t position, std::int64_t bytes,
                                                          bool allow_short_read) override {
    return arrow::Future<std::shared_ptr<arrow::Buffer>>::MakeFinished(
        file_->ReadAt(position, bytes, allow_short_read));
  }
#endif

 private:
  std::shared_ptr<arrow::io::RandomAccessFile> file_;
};

/// The part of a path before the first component with a wildcard.
std::string fixed_part(const std::string& path) {
  const std::size_t wildcard = path.find_first_of("*[");
  return path.substr(0, path.rfind('/', wildcard));
}

}  // namespace

bool is_object_address(std::string_view path) {
  return std::ranges::any_of(kSchemes, [path](std::string_view scheme) { return path.starts_with(scheme); });
}

Result<std::vector<std::string>> list_objects(const std::string& text) {
  PROMFILL_TRY(const Address address, parse(text));
  const bool is_pattern = address.path.find_first_of("*[") != std::string::npos;
  Address base = address;
  if (is_pattern) base.path = fixed_part(address.path);
  PROMFILL_TRY(const Located located, locate(base.scheme + base.path + base.options));
  const auto info = located.fs->GetFileInfo(located.path);
  if (!info.ok()) return store_error(info.status(), "look for the input", text);
  if (!is_pattern && info->type() == arrow::fs::FileType::File) return std::vector<std::string>{text};
  arrow::fs::FileSelector below;
  below.base_dir = located.path;
  below.recursive = true;
  below.allow_not_found = true;
  const auto found = located.fs->GetFileInfo(below);
  if (!found.ok()) return store_error(found.status(), "list", text);
  std::vector<std::string> addresses;
  for (const arrow::fs::FileInfo& each : *found) {
    if (each.type() != arrow::fs::FileType::File) continue;
    if (is_pattern && ::fnmatch(address.path.c_str(), each.path().c_str(), FNM_PATHNAME) != 0) continue;
    addresses.push_back(address.scheme + escaped(each.path()) + address.options);
  }
  if (addresses.empty()) {
    return Error{
        ErrorCode::kNotFound, "no such object", text,
        is_pattern ? "check the address; patterns know * and [set], and ? begins the options" : "check the address"};
  }
  std::ranges::sort(addresses);
  return addresses;
}

Result<std::shared_ptr<const ReadableFile>> open_object(const std::string& address) {
  PROMFILL_TRY(auto file, open_random_access(address, arrow::default_memory_pool()));
  const auto size = file->GetSize();
  if (!size.ok()) return store_error(size.status(), "open", address);
  return std::shared_ptr<const ReadableFile>(
      std::make_shared<ObjectFile>(std::move(file), address, static_cast<std::uint64_t>(*size)));
}

Result<std::shared_ptr<arrow::io::RandomAccessFile>> open_random_access(const std::string& path,
                                                                        arrow::MemoryPool* pool) {
  if (!is_object_address(path)) {
    auto file = arrow::io::ReadableFile::Open(path, pool);
    if (!file.ok()) return arrow_error(file.status(), "open", path);
    return std::shared_ptr<arrow::io::RandomAccessFile>(std::make_shared<BlockingFile>(*std::move(file)));
  }
  PROMFILL_TRY(const Located located, locate(path));
  auto file = located.fs->OpenInputFile(located.path);
  if (!file.ok()) return store_error(file.status(), "open", path);
  return std::shared_ptr<arrow::io::RandomAccessFile>(std::make_shared<BlockingFile>(*std::move(file)));
}

}  // namespace promfill
