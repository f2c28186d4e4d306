// Limits on what records may ask for, so that hostile or broken input ends in an error and not in a machine without
// memory. Each is far above what honest records need, has a name, and can be changed: docs/limits.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "promfill/result.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// Bounds that a job refuses to go beyond; docs/limits.md says what each is for.
struct Limits {
  std::uint64_t label_name_bytes = 1 << 10;   ///< of a label's name
  std::uint64_t label_value_bytes = 1 << 20;  ///< of a label's value, the metric's name among them
  std::uint64_t labels_per_series = 1'000;    ///< that a mapping can give one series, __name__ and constants too
  std::uint64_t metrics = 10'000;             ///< of a mapping
  std::uint64_t columns = 100'000;            ///< of one source, whether mapped or not
  std::uint64_t series = (std::uint64_t{1} << 30) - 2;  ///< of a job

  /// @error kUsage  a limit of 0, or one beyond what can be stored.
  [[nodiscard]] Status validate() const;
};

/// A limit as options and documents name it.
struct LimitDefinition {
  std::string_view name;          ///< as in --limit NAME=VALUE
  std::uint64_t Limits::* value;  ///< where Limits has it
  std::uint64_t max;              ///< it can't be raised beyond
  bool in_bytes;                  ///< said in bytes, such as 16MiB; else a count
};

/// Every limit, in the order of the struct.
[[nodiscard]] std::span<const LimitDefinition> limit_definitions();

/// `limits` with what "NAME=VALUE" says in place of one of them. A value is a whole number, or a size such as 2MiB.
/// @error kUsage  no such name, or no such value.
[[nodiscard]] Result<Limits> with_limit(Limits limits, std::string_view setting);

/// The way out of a limit that `needed` passes, for hints: "raise it with --limit metrics=12000", or that it can't be.
[[nodiscard]] std::string hint_to_raise(std::uint64_t Limits::* limit, std::uint64_t needed);

}  // namespace PROMFILL_ABI
}  // namespace promfill
