#include "source/arrow_columns.h"

#include <arrow/array.h>
#include <arrow/array/array_nested.h>
#include <arrow/compute/cast.h>
#include <arrow/compute/exec.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <arrow/util/io_util.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace promfill {
namespace {

using ArrayPointer = std::shared_ptr<arrow::Array>;

/// What keeps a batch's memory: the pool goes last.
struct BatchMemory {
  std::shared_ptr<BudgetedPool> pool;
  std::vector<ArrayPointer> arrays;
  std::vector<ArrayPointer> elements;  // of lists among those
};

/// A dictionary's view with its memory: mapping keeps it beyond the batch.
struct DictionaryMemory {
  std::shared_ptr<BudgetedPool> pool;
  ArrayPointer array;
  ColumnView view;
};

bool is_text(arrow::Type::type id) {
  switch (id) {
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
      return true;
    default:
      return false;
  }
}

bool is_array_of_arrays(arrow::Type::type id) {
  return id == arrow::Type::LIST || id == arrow::Type::LARGE_LIST || id == arrow::Type::FIXED_SIZE_LIST;
}

ColumnKind kind_of(const arrow::DataType& type);

bool is_number(const arrow::DataType& type) {
  const ColumnKind kind = kind_of(type);
  return kind == ColumnKind::kInt64 || kind == ColumnKind::kUint64 || kind == ColumnKind::kDouble;
}

/// Of maps, and of lists by what they are lists of.
ColumnKind kind_of_nested(const arrow::DataType& type) {
  if (type.id() == arrow::Type::MAP) {
    const auto& map = static_cast<const arrow::MapType&>(type);
    const bool has_keys = is_number(*map.key_type()) || is_text(map.key_type()->id());
    return has_keys && is_number(*map.item_type()) ? ColumnKind::kPairs : ColumnKind::kOther;
  }
  const arrow::DataType& element = *type.field(0)->type();
  if (is_number(element)) return ColumnKind::kList;
  const bool is_pair = element.id() == arrow::Type::STRUCT && element.num_fields() == 2 &&
                       is_number(*element.field(0)->type()) && is_number(*element.field(1)->type());
  return is_pair ? ColumnKind::kPairs : ColumnKind::kOther;
}

ColumnKind kind_of(const arrow::DataType& type) {
  if (type.id() == arrow::Type::MAP || is_array_of_arrays(type.id())) return kind_of_nested(type);
  if (is_text(type.id())) return ColumnKind::kUtf8;
  if (type.id() == arrow::Type::UINT64) return ColumnKind::kUint64;
  if (arrow::is_integer(type.id())) return ColumnKind::kInt64;
  if (arrow::is_floating(type.id()) || arrow::is_decimal(type.id()) || type.id() == arrow::Type::NA) {
    return ColumnKind::kDouble;
  }
  switch (type.id()) {
    case arrow::Type::BOOL:
      return ColumnKind::kBool;
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
      return ColumnKind::kTimestamp;
    case arrow::Type::TIME32:
    case arrow::Type::TIME64:
    case arrow::Type::DURATION:
      return ColumnKind::kDuration;
    case arrow::Type::DICTIONARY: {
      const ColumnKind kind = kind_of(*static_cast<const arrow::DictionaryType&>(type).value_type());
      return kind == ColumnKind::kUtf8 ? ColumnKind::kDictionary : kind;
    }
    default:
      return ColumnKind::kOther;
  }
}

TimeUnit unit_of(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return TimeUnit::kSeconds;
    case arrow::TimeUnit::MILLI:
      return TimeUnit::kMilliseconds;
    case arrow::TimeUnit::MICRO:
      return TimeUnit::kMicroseconds;
    case arrow::TimeUnit::NANO:
      return TimeUnit::kNanoseconds;
  }
  return TimeUnit::kMilliseconds;
}

/// Of a type whose values are steps in 64 bits.
TimeUnit steps_of(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::TIMESTAMP:
      return unit_of(static_cast<const arrow::TimestampType&>(type).unit());
    case arrow::Type::TIME64:
      return unit_of(static_cast<const arrow::Time64Type&>(type).unit());
    case arrow::Type::DURATION:
      return unit_of(static_cast<const arrow::DurationType&>(type).unit());
    default:
      return TimeUnit::kMilliseconds;  // of dates
  }
}

const arrow::DataType& value_type(const arrow::DataType& type) {
  return type.id() == arrow::Type::DICTIONARY ? *static_cast<const arrow::DictionaryType&>(type).value_type() : type;
}

/// The Arrow type in which a column of `type`, no dictionary of text, is viewed; null where the layout serves as it is.
std::shared_ptr<arrow::DataType> cast_target(const arrow::DataType& type) {
  switch (kind_of(type)) {
    case ColumnKind::kUtf8:
      if (type.id() == arrow::Type::STRING || type.id() == arrow::Type::BINARY) return nullptr;
      return arrow::binary();  // not utf8: whether it is UTF-8 is mapping's to judge, row by row
    case ColumnKind::kInt64:
      return type.id() == arrow::Type::INT64 ? nullptr : arrow::int64();
    case ColumnKind::kDouble:
      return type.id() == arrow::Type::DOUBLE ? nullptr : arrow::float64();
    case ColumnKind::kTimestamp:
      return type.id() == arrow::Type::TIMESTAMP ? nullptr : arrow::timestamp(arrow::TimeUnit::MILLI);
    case ColumnKind::kDuration:
      return type.id() == arrow::Type::TIME32 ? arrow::time64(arrow::TimeUnit::MICRO) : nullptr;
    default:
      return nullptr;
  }
}

arrow::Result<ArrayPointer> cast(const ArrayPointer& array, const std::shared_ptr<arrow::DataType>& type,
                                 arrow::MemoryPool* pool) {
  arrow::compute::CastOptions options = arrow::compute::CastOptions::Safe(type);
  options.allow_decimal_truncate = true;  // the nearest double is what is asked for
  arrow::compute::ExecContext context(pool);
  context.set_use_threads(false);
  return arrow::compute::Cast(*array, type, options, &context);
}

/// Of a dictionary of text: int32 codes and plain utf8 entries, as an array of each.
struct DictionaryParts {
  ArrayPointer codes;
  ArrayPointer entries;
};

arrow::Result<DictionaryParts> dictionary_parts(const arrow::DictionaryArray& array, arrow::MemoryPool* pool) {
  DictionaryParts parts{array.indices(), array.dictionary()};
  if (parts.codes->type_id() != arrow::Type::INT32) {
    ARROW_ASSIGN_OR_RAISE(parts.codes, cast(parts.codes, arrow::int32(), pool));
  }
  if (const auto target = cast_target(*parts.entries->type())) {
    ARROW_ASSIGN_OR_RAISE(parts.entries, cast(parts.entries, target, pool));
  }
  return parts;
}

ColumnView view_of(const arrow::Array& array, ColumnKind kind) {
  const arrow::ArrayData& memory = *array.data();
  const auto address = [&](std::size_t i) { return memory.buffers[i] ? memory.buffers[i]->data() : nullptr; };
  ColumnView view;
  view.kind = kind;
  view.offset = memory.offset;
  view.null_count = array.null_count();
  if (view.null_count > 0) view.validity = address(0);
  view.values = address(1);
  if (kind == ColumnKind::kUtf8) {
    view.offsets = reinterpret_cast<const std::int32_t*>(address(1));
    view.values = address(2);
  } else if (kind == ColumnKind::kTimestamp || kind == ColumnKind::kDuration) {
    view.unit = steps_of(*array.type());
  }
  return view;
}

arrow::Result<ColumnView> canonical_column(ArrayPointer array, const std::shared_ptr<BudgetedPool>& pool,
                                           std::vector<ArrayPointer>& arrays, std::vector<ArrayPointer>& elements);

/// Spans are written offset, length, whichever of them comes first in the source.
bool is_turned_around(const arrow::StructType& pair) {
  return pair.field(0)->name() == "length" && pair.field(1)->name() == "offset";
}

arrow::Result<ColumnView> list_column(ArrayPointer array, ColumnKind kind, const std::shared_ptr<BudgetedPool>& pool,
                                      std::vector<ArrayPointer>& arrays, std::vector<ArrayPointer>& elements) {
  if (array->type_id() != arrow::Type::LIST && array->type_id() != arrow::Type::MAP) {
    ARROW_ASSIGN_OR_RAISE(array, cast(array, arrow::list(array->type()->field(0)), pool.get()));
  }
  const auto& list = static_cast<const arrow::ListArray&>(*array);
  ColumnView view = view_of(*array, kind);
  view.offsets = reinterpret_cast<const std::int32_t*>(view.values);
  view.values = nullptr;
  const auto add = [&](const ArrayPointer& each) -> arrow::Result<std::shared_ptr<const ColumnView>> {
    ARROW_ASSIGN_OR_RAISE(ColumnView of_elements, canonical_column(each, pool, elements, elements));
    return std::make_shared<const ColumnView>(std::move(of_elements));
  };
  if (kind == ColumnKind::kList) {
    ARROW_ASSIGN_OR_RAISE(view.items, add(list.values()));
  } else {
    const auto& pairs = static_cast<const arrow::StructArray&>(*list.values());
    const bool turned = is_turned_around(*pairs.struct_type());
    ARROW_ASSIGN_OR_RAISE(const ArrayPointer first, pairs.GetFlattenedField(turned ? 1 : 0, pool.get()));
    ARROW_ASSIGN_OR_RAISE(const ArrayPointer second, pairs.GetFlattenedField(turned ? 0 : 1, pool.get()));
    ARROW_ASSIGN_OR_RAISE(view.items, add(first));
    ARROW_ASSIGN_OR_RAISE(view.seconds, add(second));
  }
  arrays.push_back(std::move(array));
  return view;
}

arrow::Result<ColumnView> canonical_column(ArrayPointer array, const std::shared_ptr<BudgetedPool>& pool,
                                           std::vector<ArrayPointer>& arrays, std::vector<ArrayPointer>& elements) {
  const ColumnKind kind = kind_of(*array->type());
  if (kind == ColumnKind::kList || kind == ColumnKind::kPairs) return list_column(array, kind, pool, arrays, elements);
  if (kind == ColumnKind::kDictionary) {
    ARROW_ASSIGN_OR_RAISE(DictionaryParts parts,
                          dictionary_parts(static_cast<const arrow::DictionaryArray&>(*array), pool.get()));
    ColumnView view = view_of(*parts.codes, kind);
    view.dictionary_rows = parts.entries->length();
    auto memory = std::make_shared<DictionaryMemory>();
    *memory = {pool, parts.entries, view_of(*parts.entries, ColumnKind::kUtf8)};
    view.dictionary = std::shared_ptr<const ColumnView>(memory, &memory->view);
    arrays.push_back(std::move(parts.codes));
    return view;
  }
  if (array->type_id() == arrow::Type::DICTIONARY) {
    const auto& type = static_cast<const arrow::DictionaryType&>(*array->type());
    ARROW_ASSIGN_OR_RAISE(array, cast(array, type.value_type(), pool.get()));
  }
  if (const auto target = cast_target(*array->type())) {
    ARROW_ASSIGN_OR_RAISE(array, cast(array, target, pool.get()));
  }
  ColumnView view = view_of(*array, kind);
  arrays.push_back(std::move(array));
  return view;
}

}  // namespace

arrow::Status BudgetedPool::check_limit(std::int64_t size) const {
  if (budget_ == nullptr || static_cast<std::uint64_t>(size) <= budget_->limit_bytes()) return arrow::Status::OK();
  return arrow::Status::OutOfMemory("one buffer of ", size, " bytes is more than the memory limit of ",
                                    budget_->limit_bytes(), " bytes");
}

arrow::Status BudgetedPool::Allocate(std::int64_t size, std::int64_t alignment, std::uint8_t** out) {
  ARROW_RETURN_NOT_OK(check_limit(size));
  if (is_paged(size)) {
    *out = pages_->allocate(static_cast<std::size_t>(size));
    if (*out == nullptr) return arrow::Status::OutOfMemory("mapping ", size, " bytes failed");
  } else {
    ARROW_RETURN_NOT_OK(pool_->Allocate(size, alignment, out));
  }
  if (budget_ != nullptr) budget_->charge(static_cast<std::uint64_t>(size));
  return arrow::Status::OK();
}

arrow::Status BudgetedPool::Reallocate(std::int64_t old_size, std::int64_t new_size, std::int64_t alignment,
                                       std::uint8_t** pointer) {
  ARROW_RETURN_NOT_OK(check_limit(new_size));
  if (!is_paged(old_size) && !is_paged(new_size)) {
    ARROW_RETURN_NOT_OK(pool_->Reallocate(old_size, new_size, alignment, pointer));
    if (budget_ != nullptr) {
      budget_->charge(static_cast<std::uint64_t>(new_size));
      budget_->release(static_cast<std::uint64_t>(old_size));
    }
    return arrow::Status::OK();
  }
  std::uint8_t* moved = nullptr;
  ARROW_RETURN_NOT_OK(Allocate(new_size, alignment, &moved));
  std::memcpy(moved, *pointer, static_cast<std::size_t>(std::min(old_size, new_size)));
  Free(*pointer, old_size, alignment);
  *pointer = moved;
  return arrow::Status::OK();
}

void BudgetedPool::Free(std::uint8_t* buffer, std::int64_t size, std::int64_t alignment) {
  if (is_paged(size)) {
    pages_->release(buffer, static_cast<std::size_t>(size));
  } else {
    pool_->Free(buffer, size, alignment);
  }
  if (budget_ != nullptr) budget_->release(static_cast<std::uint64_t>(size));
}

ColumnType column_type(const arrow::DataType& type) {
  ColumnType result;
  result.kind = kind_of(type);
  result.source_type = type.ToString();
  const arrow::DataType& values = value_type(type);
  if (result.kind == ColumnKind::kTimestamp || result.kind == ColumnKind::kDuration) {
    const auto viewed = cast_target(values);
    result.unit = steps_of(viewed != nullptr ? *viewed : values);
  }
  if (result.kind == ColumnKind::kTimestamp) {
    result.zoned = values.id() == arrow::Type::TIMESTAMP &&  // dates name no zone
                   !static_cast<const arrow::TimestampType&>(values).timezone().empty();
  }
  return result;
}

Error arrow_error(const arrow::Status& status, std::string_view step, std::string where) {
  const std::string message = std::string(step) + ": " + status.message();
  switch (arrow::internal::ErrnoFromStatus(status)) {
    case 0:
      break;
    case ENOENT:
    case ENOTDIR:
      return {ErrorCode::kNotFound, message, std::move(where), "check the path"};
    case EACCES:
    case EPERM:
      return {ErrorCode::kPermission, message, std::move(where),
              "check the permissions of the file and its directories"};
    default:
      return {ErrorCode::kIo, message, std::move(where), ""};
  }
  if (status.IsOutOfMemory()) {
    return {
        ErrorCode::kLimit, message, std::move(where),
        "give it a higher --memory-limit on a machine that has the memory, or write the file in smaller row groups"};
  }
  if (status.IsNotImplemented()) {
    return {ErrorCode::kUsage, message, std::move(where),
            "this feature of the format can't be read: write the file anew"};
  }
  return {ErrorCode::kCorrupt, message, std::move(where), "the file is damaged or incomplete: get it again"};
}

Result<ColumnBatch> canonical_columns(const arrow::RecordBatch& batch, const std::shared_ptr<BudgetedPool>& pool,
                                      const std::string& where) {
  auto memory = std::make_shared<BatchMemory>();
  memory->pool = pool;
  ColumnBatch result;
  result.rows = batch.num_rows();
  for (int i = 0; i < batch.num_columns(); ++i) {
    const std::string column = "column '" + batch.column_name(i) + "'";
    const ArrayPointer& array = batch.column(i);
    if (array->length() != result.rows) {
      return Error{ErrorCode::kCorrupt, column + " has another number of rows than its neighbours", where,
                   "the file is damaged: get it again"};
    }
    auto view = canonical_column(array, pool, memory->arrays, memory->elements);
    if (!view.ok()) {
      return Error{ErrorCode::kData, column + ": " + view.status().message(), where,
                   "cast the column to a type that holds its values, such as double"};
    }
    result.columns.push_back(*std::move(view));
  }
  for (const ArrayPointer& array : memory->arrays) {
    result.bytes += static_cast<std::uint64_t>(arrow::util::TotalBufferSize(*array));
  }
  result.owner = std::move(memory);
  return result;
}

}  // namespace promfill
