// The symbols of several sorted lists as one: where each list's symbols stand among all. Lists come from shards'
// catalogs and from runs on disk.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "promfill/result.h"

namespace promfill {

/// Walks one sorted list of strings.
class SymbolCursor {
 public:
  virtual ~SymbolCursor() = default;
  /// The next symbol, borrowed until the call after; nothing at the end.
  virtual Result<std::optional<std::string_view>> next() = 0;
};

/// A list that can be walked from the start any number of times.
class SymbolList {
 public:
  virtual ~SymbolList() = default;
  [[nodiscard]] virtual std::uint32_t size() const = 0;
  [[nodiscard]] virtual std::unique_ptr<SymbolCursor> walk() const = 0;
};

/// A list in memory, borrowed.
class SymbolSpan final : public SymbolList {
 public:
  explicit SymbolSpan(std::span<const std::string_view> symbols) : symbols_(symbols) {}
  [[nodiscard]] std::uint32_t size() const override { return static_cast<std::uint32_t>(symbols_.size()); }
  [[nodiscard]] std::unique_ptr<SymbolCursor> walk() const override;

 private:
  std::span<const std::string_view> symbols_;
};

class SymbolUnion {
 public:
  /// @param lists  borrowed for the life of the union.
  static Result<SymbolUnion> build(std::vector<const SymbolList*> lists);

  /// Number among all symbols of each symbol of a list.
  [[nodiscard]] std::span<const std::uint32_t> numbers(std::size_t list) const { return numbers_[list]; }
  [[nodiscard]] std::uint32_t size() const { return size_; }
  /// Call visit(number, text) → Status for every symbol, in order.
  Status for_each(const std::function<Status(std::uint32_t, std::string_view)>& visit) const;
  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  std::vector<const SymbolList*> lists_;
  std::vector<std::vector<std::uint32_t>> numbers_;
  std::uint32_t size_ = 0;
};

}  // namespace promfill
