// Backfill<Record>: tables of records in, blocks out. The guide is docs/cpp.md.
//
//   auto job = promfill::Backfill<Usage>::create({.out = "tsdb", .block_duration = 24h * 15});
//   if (!job) return promfill::report_error(job.error());
//   auto report = job->run(tables, {.tables_expected = 20'000});      // tables: a Channel, or any range of tables
//   if (!report) return promfill::report_error(report.error());
//
// A table is a contiguous range of records, such as std::vector<Usage>; for a job of several types of records a
// std::variant of them; or a ColumnTable, whose schema is said at run time (columns.h). Tables in the order in which
// they were sent decide which of two values of one series and time is the later one; nothing else depends on the order.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <iosfwd>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "promfill/callback.h"
#include "promfill/channel.h"
#include "promfill/columns.h"
#include "promfill/options.h"
#include "promfill/record_type.h"
#include "promfill/report.h"
#include "promfill/result.h"
#include "promfill/schema.h"
#include "promfill/stats.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// How one run of a job is watched and ended.
struct RunOptions {
  std::uint64_t tables_expected = 0;                  ///< for the share done and the time left; 0: not known
  std::stop_token stop{};                             ///< ends the job with kStopped; nothing of it is left
  std::ostream* progress = nullptr;                   ///< a line is written there now and then
  Callback<void(const Stats&)> on_progress{};         ///< called now and then, from a thread of its own; may not throw
  std::chrono::milliseconds progress_interval{1000};  ///< between two of either
};

/// Rows on their way into a job, whatever their type.
struct RecordTable {
  std::uint32_t type = 0;               ///< position among the job's types
  const void* rows = nullptr;           ///< the first; of the type that `type` says
  std::size_t count = 0;                ///< rows
  bool rows_stay = false;               ///< while `owner` lives, or where there is none as long as the job
  std::shared_ptr<const void> owner{};  ///< keeps the rows; null: somebody else does
};

/// Where a job's tables come from.
class TableStream {
 public:
  TableStream() = default;
  TableStream(const TableStream&) = delete;
  TableStream& operator=(const TableStream&) = delete;
  virtual ~TableStream() = default;
  /// Wait for the next; nothing at the end. One thread at a time.
  virtual Result<std::optional<RecordTable>> next() = 0;
  /// Whoever waits in next() returns; may be called at any time, from any thread, more than once.
  virtual void cancel() = 0;
};

/// A job of records whose types are known at run time: what Backfill is made of.
class RecordJob {
 public:
  /// @error kUsage  options or types that can't be.
  static Result<RecordJob> create(std::vector<RecordType> types, const BackfillOptions& options);
  /// A job of samples of any series: rows that bring __name__ among their labels.
  static Result<RecordJob> create_for_samples(RecordType type, const BackfillOptions& options);
  RecordJob(RecordJob&& other) noexcept;
  RecordJob& operator=(RecordJob&& other) noexcept;
  /// A job that was not finished is given up: nothing of it is left.
  ~RecordJob();

  /// As Backfill::run.
  Result<Report> run(TableStream& tables, const RunOptions& options);
  /// As Backfill::append.
  Status append(const RecordTable& table);
  /// As Backfill::finish.
  Result<Report> finish();
  /// As Backfill::stop.
  void stop();
  /// As Backfill::stats.
  [[nodiscard]] Stats stats() const;

 private:
  struct State;
  explicit RecordJob(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

namespace schema {

/// Rows whose type is known, or columns.
template <typename T>
concept JobRecord = Record<T> || std::same_as<T, ColumnTable>;

template <typename R, typename... Records>
consteval std::uint32_t position_of() {
  std::uint32_t at = 0;
  (void)((std::same_as<R, Records> || (++at, false)) || ...);
  return at;
}

/// Rows one after another in memory.
template <typename T>
concept Contiguous = requires(const T& table) {
  { *std::data(table) } -> std::common_reference_with<decltype(*std::begin(table))>;
  { std::size(table) } -> std::convertible_to<std::size_t>;
};
template <typename T>
using ElementOf = std::remove_cvref_t<decltype(*std::begin(std::declval<T&>()))>;

template <typename T, typename... Records>
concept RowsOf = Contiguous<T> && (std::same_as<ElementOf<const T>, Records> || ...) &&
                 !std::same_as<ElementOf<const T>, ColumnTable>;
template <typename T, typename... Records>
concept TableOf =
    RowsOf<T, Records...> || (std::same_as<T, ColumnTable> && (std::same_as<ColumnTable, Records> || ...));

template <typename T>
inline constexpr bool is_variant = false;
template <typename... Ts>
inline constexpr bool is_variant<std::variant<Ts...>> = true;

/// The rows of a table, which lives behind `owner`, or for as long as the job if they stay.
template <typename... Records, typename T>
RecordTable rows_of(const T& table, bool rows_stay, std::shared_ptr<const void> owner) {
  if constexpr (is_variant<T>) {
    return std::visit([&](const auto& one) { return rows_of<Records...>(one, rows_stay, std::move(owner)); }, table);
  } else if constexpr (std::same_as<T, ColumnTable>) {
    static_assert(TableOf<T, Records...>, "promfill: this is no Backfill<ColumnTable>");
    return {position_of<ColumnTable, Records...>(), &table, table.rows(), rows_stay, std::move(owner)};
  } else {
    static_assert(TableOf<T, Records...>,
                  "promfill: a table is a contiguous range of the job's records, such as std::vector<Record>");
    return {position_of<ElementOf<const T>, Records...>(), std::data(table), std::size(table), rows_stay,
            std::move(owner)};
  }
}

template <typename T, typename... Records>
class ChannelStream final : public TableStream {
 public:
  explicit ChannelStream(Channel<T>& channel) : channel_(channel) {}
  ~ChannelStream() override { channel_.cancel(); }
  Result<std::optional<RecordTable>> next() override {
    std::optional<T> received = channel_.receive();
    if (!received) {
      if (std::optional<Error> failure = channel_.failure()) return *std::move(failure);
      return std::optional<RecordTable>();
    }
    const auto table = std::make_shared<const T>(*std::move(received));
    return std::optional(rows_of<Records...>(*table, true, table));
  }
  void cancel() override { channel_.cancel(); }

 private:
  Channel<T>& channel_;
};

/// What a for loop can walk.
template <typename T>
concept Walkable = requires(T& range) {
  ++std::begin(range);
  { std::begin(range) != std::end(range) } -> std::convertible_to<bool>;
  *std::begin(range);
};
/// Ranges whose tables stay where they are: containers and spans (views have no value_type), not of proxies.
template <typename Range>
inline constexpr bool kLends = std::is_array_v<Range>;
template <typename Range>
  requires requires { typename Range::value_type; }
inline constexpr bool kLends<Range> = std::is_lvalue_reference_v<decltype(*std::begin(std::declval<Range&>()))> &&
                                      std::forward_iterator<decltype(std::begin(std::declval<Range&>()))>;

/// A range that makes tables as it is walked. Only the job's threads walk it, one at a time.
template <typename Range, typename... Records>
class RangeStream final : public TableStream {
 public:
  explicit RangeStream(Range& range) : range_(range) {}
  Result<std::optional<RecordTable>> next() override {
    try {
      if (!at_) {
        at_.emplace(std::begin(range_));
      } else if (*at_ != std::end(range_)) {
        ++*at_;
      }
      if (*at_ == std::end(range_)) return std::optional<RecordTable>();
      if constexpr (kLends<Range>) {
        return std::optional(rows_of<Records...>(**at_, true, nullptr));
      } else {
        const auto table = std::make_shared<const ElementOf<Range>>(**at_);
        return std::optional(rows_of<Records...>(*table, true, table));
      }
    } catch (const std::exception& thrown) {
      return Error{ErrorCode::kData, std::string("the tables' producer threw an exception: ") + thrown.what(), "", ""};
    } catch (...) {
      return Error{ErrorCode::kData, "the tables' producer threw an exception", "", ""};
    }
  }
  void cancel() override {}

 private:
  Range& range_;
  std::optional<decltype(std::begin(std::declval<Range&>()))> at_;
};

}  // namespace schema

/// A job over tables of these types of records, all with a Schema: one ledger, one set of blocks. All or nothing:
/// unless run() or finish() returns a Report, nothing of it is left in options.out.
///
/// Either run() once, or append() as often as needed and then finish() once.
template <typename... Records>
class Backfill {
  static_assert((schema::JobRecord<Records> && ...),
                "promfill: every type of record needs a promfill::Schema with `fields`");

 public:
  /// @error kUsage  options that can't be, or two fields that would make the same series.
  static Result<Backfill> create(const BackfillOptions& options)
    requires(Record<Records> && ...)
  {
    auto job = RecordJob::create({record_type<Records>()...}, options);
    if (!job) return std::move(job).error();
    return Backfill(*std::move(job));
  }

  /// A job of ColumnTables. @error kUsage  also mistakes in the schema.
  static Result<Backfill> create(const ColumnSchema& schema, const BackfillOptions& options)
    requires(std::same_as<Records, ColumnTable> && ...)
  {
    Result<RecordType> type = schema.type();
    if (!type) return std::move(type).error();
    std::vector<RecordType> types;
    types.push_back(*std::move(type));
    auto job = RecordJob::create(std::move(types), options);
    if (!job) return std::move(job).error();
    return Backfill(*std::move(job));
  }

  /// Read tables from a channel until it is closed, and write the blocks. On every return the channel is closed and
  /// empty, so that no producer waits any more.
  /// @error  kData  a producer failed, a record's code threw, times have a wrong unit, or the reject policy says so;
  ///         kStopped; kUsage  the job has run already; kNoSpace, kIo, …  of writing.
  template <typename T>
  Result<Report> run(Channel<T>& tables, const RunOptions& options = {}) {
    schema::ChannelStream<T, Records...> stream(tables);
    return job_.run(stream, options);
  }

  /// The same with the tables of a range: a container, a view, or whatever makes tables when it is walked. A table that
  /// the range only lends is not copied where the range can be walked more than once.
  template <typename Range>
    requires schema::Walkable<std::remove_reference_t<Range>>
  Result<Report> run(Range&& tables, const RunOptions& options = {}) {
    schema::RangeStream<std::remove_reference_t<Range>, Records...> stream(tables);
    return job_.run(stream, options);
  }

  /// Take rows at once, from any number of threads; they are read before this returns. Thousands of rows a call are
  /// cheap, single ones are not. Waits while the job has enough to do.
  /// @error  the job has ended, or can't go on; finish() tells why.
  template <typename Table>
    requires schema::TableOf<Table, Records...>
  Status append(const Table& rows) {
    return job_.append(schema::rows_of<Records...>(rows, false, nullptr));
  }
  /// Rows as they are written in a program.
  template <typename R>
    requires(std::same_as<R, Records> || ...)
  Status append(std::initializer_list<R> rows) {
    return append(std::span<const R>(rows.begin(), rows.size()));
  }

  /// End a job of append(): write what is left, and make the blocks visible. @error  as run().
  Result<Report> finish() { return job_.finish(); }
  /// End the job as soon as may be, from any thread; run() or finish() returns kStopped.
  void stop() { job_.stop(); }
  /// From any thread, at any moment.
  [[nodiscard]] Stats stats() const { return job_.stats(); }

 private:
  explicit Backfill(RecordJob job) : job_(std::move(job)) {}
  RecordJob job_;
};

/// Say on standard error what went wrong, and where, and the way out. @return the exit status of a program that ends
/// so: 2 for wrong usage, else 1.
int report_error(const Error& error);

}  // namespace PROMFILL_ABI
}  // namespace promfill
