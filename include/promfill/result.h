// Errors as values: Error, Result<T>, Status, and the two macros that pass them up.
//
// Spelled like std::expected (has_value, value, error), but never an alias of it: a C++20 library and a C++23 caller
// would disagree about the type.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// What kind of trouble it was. The CLI maps kUsage to exit status 2 and the rest to 1.
enum class ErrorCode : std::uint8_t {
  kUsage,          ///< wrong option, mapping or argument; found before data is read
  kNotFound,       ///< a path, column or series that isn't there
  kAlreadyExists,  ///< would overwrite something
  kPermission,     ///< the system said no
  kNoSpace,        ///< disk, quota or file size limit
  kIo,             ///< any other failed system call
  kCorrupt,        ///< bytes that are not what their format says
  kData,           ///< well-formed input that can't be imported as asked (policy `fail`, unit guard)
  kLimit,          ///< a named limit was passed
  kRefused,        ///< would endanger something that isn't ours
  kStopped,        ///< a stop was requested
  kInternal,       ///< a bug in promfill
};

/// Name of a code as printed in JSON logs, such as "corrupt".
std::string_view to_string(ErrorCode code);

/// One failure: where it happened, what happened, and the way out. Each part is a clause without a final period.
/// (The {} let designated initialisers leave a part out without a warning.)
struct Error {
  ErrorCode code = ErrorCode::kInternal;  ///< what kind of error, for programs
  std::string message{};  ///< what is wrong, with the step that failed: "write postings: no space left on device"
  std::string where{};    ///< file, row, byte or option; may be empty
  std::string hint{};     ///< what the user can do; may be empty

  /// "where: message; hint", leaving out what is empty.
  [[nodiscard]] std::string text() const;
};

/// A T or an Error.
template <typename T>
class [[nodiscard]] Result {
 public:
  /// What there is where nothing went wrong.
  using value_type = T;

  /// A value.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  /// An error.
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  /// Whether there is a value.
  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  /// Whether there is a value.
  explicit operator bool() const { return has_value(); }

  /// @pre has_value()
  [[nodiscard]] T& value() & { return *std::get_if<0>(&state_); }
  /// @pre has_value()
  [[nodiscard]] const T& value() const& { return *std::get_if<0>(&state_); }
  // By value: what `for (auto& x : f().value())` walks over must outlive the Result.
  /// @pre has_value()
  [[nodiscard]] T value() && { return std::move(*std::get_if<0>(&state_)); }
  /// @pre has_value()
  T& operator*() & { return value(); }
  /// @pre has_value()
  const T& operator*() const& { return value(); }
  /// @pre has_value()
  T operator*() && { return std::move(*this).value(); }
  /// @pre has_value()
  T* operator->() { return &value(); }
  /// @pre has_value()
  const T* operator->() const { return &value(); }

  /// @pre !has_value()
  [[nodiscard]] Error& error() & { return *std::get_if<1>(&state_); }
  /// @pre !has_value()
  [[nodiscard]] const Error& error() const& { return *std::get_if<1>(&state_); }
  /// @pre !has_value()
  [[nodiscard]] Error error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

/// Success or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  /// No value.
  using value_type = void;

  // Not defaulted: `return {};` would then zero the whole object first, which showed in profiles of loops over calls.
  Result() noexcept {}  // NOLINT(modernize-use-equals-default)
  /// An error.
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  /// Whether all is well.
  [[nodiscard]] bool has_value() const { return !error_.has_value(); }
  /// Whether all is well.
  explicit operator bool() const { return has_value(); }
  /// Nothing, as other Results give their value.
  void value() const {}

  /// @pre !has_value()
  [[nodiscard]] Error& error() & { return *error_; }
  /// @pre !has_value()
  [[nodiscard]] const Error& error() const& { return *error_; }
  /// @pre !has_value()
  [[nodiscard]] Error error() && { return *std::move(error_); }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace PROMFILL_ABI
}  // namespace promfill

#define PROMFILL_CONCAT_INNER(a, b) a##b
#define PROMFILL_CONCAT(a, b) PROMFILL_CONCAT_INNER(a, b)

/// PROMFILL_TRY(auto writer, IndexWriter::create(path)): declare from the value, or return the error.
#define PROMFILL_TRY(declaration, expression)                                                                        \
  auto PROMFILL_CONCAT(promfill_try_, __LINE__) = (expression);                                                      \
  if (!PROMFILL_CONCAT(promfill_try_, __LINE__)) return std::move(PROMFILL_CONCAT(promfill_try_, __LINE__)).error(); \
  declaration = std::move(PROMFILL_CONCAT(promfill_try_, __LINE__)).value()

/// PROMFILL_TRY_STATUS(file.sync()): return the error if there is one.
#define PROMFILL_TRY_STATUS(expression)                                                                   \
  do {                                                                                                    \
    if (auto promfill_status = (expression); !promfill_status) return std::move(promfill_status).error(); \
  } while (false)

/// A bug in promfill, on in every build: says where, and aborts before a wrong byte is written.
#define PROMFILL_ASSERT(condition)                                  \
  do {                                                              \
    if (!(condition)) [[unlikely]]                                  \
      ::promfill::assertion_failed(#condition, __FILE__, __LINE__); \
  } while (false)

namespace promfill {
inline namespace PROMFILL_ABI {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);
}  // namespace PROMFILL_ABI
}  // namespace promfill
