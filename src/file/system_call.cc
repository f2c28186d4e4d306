#include "file/system_call.h"

#include <system_error>

namespace promfill {
namespace {

ErrorCode code_of(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorCode::kNoSpace;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermission;
    case ELOOP:
      return ErrorCode::kRefused;  // a link where none may be, or links without end
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    case EEXIST:
    case ENOTEMPTY:
      return ErrorCode::kAlreadyExists;
    default:
      return ErrorCode::kIo;
  }
}

std::string_view hint_of(int error) {
  switch (error) {
    case ENOSPC:
      return "free space or inodes on that file system, or choose a directory on another";
    case EDQUOT:
      return "free space within your quota, or choose a directory on another file system";
    case EFBIG:
      return "raise the file size limit (ulimit -f)";
    case ELOOP:
      return "find out who put a symbolic link there, and remove it";
    case EMFILE:
      return "raise the limit of open files (ulimit -n)";
    default:
      return "";
  }
}

}  // namespace

Error system_error(std::string_view step, const std::string& path, int error) {
  std::string words = std::generic_category().message(error);
  if (!words.empty() && words[0] >= 'A' && words[0] <= 'Z') words[0] = static_cast<char>(words[0] - 'A' + 'a');
  return {.code = code_of(error),
          .message = std::string(step) + ": " + words,
          .where = path,
          .hint = std::string(hint_of(error))};
}

}  // namespace promfill
