// Parquet's C++ interface throws: what it throws becomes a status at the call. Included only by sources' .cc files.
#pragma once

#include <arrow/result.h>
#include <arrow/status.h>
#include <parquet/exception.h>

#include <exception>
#include <new>
#include <string_view>

namespace promfill {

template <typename T>
struct WithoutExceptions {
  using Type = arrow::Result<T>;
};
template <typename T>
struct WithoutExceptions<arrow::Result<T>> {
  using Type = arrow::Result<T>;
};
template <>
struct WithoutExceptions<arrow::Status> {
  using Type = arrow::Status;
};

/// What `call` returns, or what it throws as a status.
template <typename Call>
auto without_exceptions(Call call) -> typename WithoutExceptions<decltype(call())>::Type {
  try {
    return call();
  } catch (const parquet::ParquetStatusException& exception) {
    return exception.status();
  } catch (const parquet::ParquetException& exception) {
    const std::string_view message = exception.what();
    if (message.starts_with("Not yet implemented")) return arrow::Status::NotImplemented(message);
    return arrow::Status::Invalid(message);
  } catch (const std::bad_alloc& exception) {
    return arrow::Status::OutOfMemory(exception.what());
  } catch (const std::exception& exception) {
    return arrow::Status::Invalid(exception.what());
  }
}

}  // namespace promfill
