// Objects of a store in the place of files: s3://BUCKET/KEY, gs://BUCKET/KEY, abfs://CONTAINER/PATH, through Arrow's
// file systems. Credentials are the environment's (AWS_ACCESS_KEY_ID, AWS_PROFILE, ~/.aws,
// GOOGLE_APPLICATION_CREDENTIALS, AZURE_…), never the address's, which is shown in messages. Options stand behind a
// question mark: s3://bucket/key.parquet?region=eu-central-1&endpoint_override=localhost:9000&scheme=http
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "file/file_system.h"
#include "promfill/result.h"

namespace arrow {
class MemoryPool;
namespace io {
class RandomAccessFile;
}
}  // namespace arrow

namespace promfill {

[[nodiscard]] bool is_object_address(std::string_view path);

/// Addresses of all objects that one names: itself, all below it, or those that match its `*` and [sets] (a question
/// mark begins the options); sorted.
/// @error kNotFound, kPermission, kIo; kUsage  credentials in the address.
Result<std::vector<std::string>> list_objects(const std::string& address);

/// An object, for reading as a file's bytes are.
Result<std::shared_ptr<const ReadableFile>> open_object(const std::string& address);

/// A file or an object, as Arrow's readers want it.
Result<std::shared_ptr<arrow::io::RandomAccessFile>> open_random_access(const std::string& path,
                                                                        arrow::MemoryPool* pool);

}  // namespace promfill
