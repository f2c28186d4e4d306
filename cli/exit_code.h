// Exit statuses of the command line, and which error leads to which: the one table.
#pragma once

#include "promfill/result.h"

namespace promfill::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;    ///< nothing half-written; also: `verify` found problems
inline constexpr int kExitUsage = 2;     ///< wrong option, argument or mapping
inline constexpr int kExitRejected = 3;  ///< done, with rejected records
inline constexpr int kExitSignal = 128;  ///< plus the signal's number

constexpr int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return kExitUsage;
    case ErrorCode::kNotFound:
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kPermission:
    case ErrorCode::kNoSpace:
    case ErrorCode::kIo:
    case ErrorCode::kCorrupt:
    case ErrorCode::kData:
    case ErrorCode::kLimit:
    case ErrorCode::kRefused:
    case ErrorCode::kStopped:
    case ErrorCode::kInternal:
      return kExitFailed;
  }
  return kExitFailed;
}

}  // namespace promfill::cli
