// Names of the column kinds, for plans and messages.
#include "model/column.h"

namespace promfill {

std::string_view to_string(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kInt64:
      return "int64";
    case ColumnKind::kUint64:
      return "uint64";
    case ColumnKind::kDouble:
      return "double";
    case ColumnKind::kBool:
      return "bool";
    case ColumnKind::kUtf8:
      return "utf8";
    case ColumnKind::kDictionary:
      return "dictionary";
    case ColumnKind::kTimestamp:
      return "timestamp";
    case ColumnKind::kDuration:
      return "duration";
    case ColumnKind::kList:
      return "list";
    case ColumnKind::kPairs:
      return "pairs";
    case ColumnKind::kRecords:
      return "records";
    case ColumnKind::kOther:
      return "other";
  }
  return "unknown";
}

}  // namespace promfill
