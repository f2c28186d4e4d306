// How a backfill runs: the options of a job, with the defaults of the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "promfill/labels.h"
#include "promfill/limits.h"
#include "promfill/result.h"
#include "promfill/time.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// Which of several different values for one series and time is kept. Equal values are one value whatever this says.
enum class DuplicatePolicy : std::uint8_t { kKeepLast, kKeepFirst, kMin, kMax, kSum, kFail };

/// What happens to rows and values that can't be used.
enum class RejectPolicy : std::uint8_t {
  kFile,  ///< write them to the rejects file and go on
  kFail,  ///< stop at the first
  kDrop,  ///< count them and go on
};

/// What a NaN among the values is.
enum class NanPolicy : std::uint8_t { kKeep, kNull };

/// What becomes of whole numbers beyond 2^53 that no double holds exactly.
enum class InexactPolicy : std::uint8_t { kRound, kReject };

/// What a null or empty value of a mapped label does.
enum class NullLabelPolicy : std::uint8_t {
  kAbsent,  ///< the series has no such label
  kReject,  ///< the row can't be used
};

/// How floats are written into chunks.
enum class FloatEncoding : std::uint8_t {
  kXor,   ///< read by every Prometheus, Thanos and Mimir
  kXor2,  ///< smaller where intervals are regular, and keeps start times, those of native histograms, too; Prometheus
          ///< 3.14 and later read it, others do not
};

/// What a counter's series begins with where the time is known at which the counting began.
enum class CounterStart : std::uint8_t {
  kNone,  ///< its first sample, as it came
  kZero,  ///< a sample of value 0 at that time, so that the first increase isn't lost
};

/// What the blocks are for; decides how long they may be.
enum class Target : std::uint8_t {
  kPrometheus,
  kThanos,  ///< days, as its compactor groups them
  kMimir,   ///< days; it refuses blocks that cross midnight UTC
};

/// Whether work that a job of the same inputs, mapping and options left unfinished is used.
enum class ResumePolicy : std::uint8_t {
  kAuto,     ///< where there is such work
  kNever,    ///< begin anew; unfinished work of any job is removed
  kRequire,  ///< there must be such work
};

std::optional<DuplicatePolicy> parse_duplicate_policy(std::string_view text);
std::optional<FloatEncoding> parse_float_encoding(std::string_view text);
std::optional<RejectPolicy> parse_reject_policy(std::string_view text);
std::optional<Target> parse_target(std::string_view text);
std::optional<ResumePolicy> parse_resume_policy(std::string_view text);
std::optional<CounterStart> parse_counter_start(std::string_view text);
std::optional<NanPolicy> parse_nan_policy(std::string_view text);
std::optional<InexactPolicy> parse_inexact_policy(std::string_view text);
std::optional<NullLabelPolicy> parse_null_label_policy(std::string_view text);
std::string_view to_string(FloatEncoding encoding);
std::string_view to_string(NanPolicy policy);
std::string_view to_string(CounterStart start);
std::string_view to_string(InexactPolicy policy);
std::string_view to_string(NullLabelPolicy policy);
std::string_view to_string(ResumePolicy policy);
std::string_view to_string(DuplicatePolicy policy);
std::string_view to_string(RejectPolicy policy);
std::string_view to_string(Target target);

/// Parse a size of memory: whole bytes, or a whole number of KiB, MiB, GiB, TiB (1024s; K, M, G, T are the same) or of
/// kB, MB, GB, TB (1000s), whatever the case.
/// @error kUsage  anything else, zero, or beyond 64 bits.
Result<std::uint64_t> parse_byte_size(std::string_view text);

/// "1.5GiB", "64MiB", "300B": for people; one decimal, rounded down, so that no more is said than there is.
std::string format_byte_size(std::uint64_t bytes);

/// What a job may do, and how. Every member has a meaning where it is left out.
struct BackfillOptions {
  std::string out{};                          ///< directory of blocks; made if it isn't there
  std::optional<Duration> block_duration{};   ///< windows are [k·d, (k+1)·d); absent: by the span of the data (`auto`)
  Target target = Target::kPrometheus;        ///< of the blocks; for `auto`
  std::optional<Duration> retention{};        ///< of the target; for `auto`: a block is at most a tenth of it
  std::uint32_t threads = 0;                  ///< 0: as many as the machine has cores
  std::uint64_t memory_limit_bytes = 0;       ///< of what the job holds at once; 0: derived from the machine
  std::string staging{};                      ///< directory of unfinished work; empty: OUT/.promfill
  bool sorted = false;                        ///< rows come in order of time, as the caller promises
  std::optional<Timestamp> min_time{};        ///< inclusive
  std::optional<Timestamp> max_time{};        ///< inclusive
  std::optional<Timestamp> created_at{};      ///< the job's start, in ULIDs; absent: now
  ResumePolicy resume = ResumePolicy::kAuto;  ///< what to do about a job that ended before its end
  /// A crash costs about the work of so much time. The job takes longer between two checkpoints where they are dear.
  Duration checkpoint_interval{10'000};
  bool allow_overlap = false;                                 ///< with series and times of blocks that OUT has already
  DuplicatePolicy on_duplicate = DuplicatePolicy::kKeepLast;  ///< two values of one series and time
  RejectPolicy on_reject = RejectPolicy::kFile;               ///< values that can't be samples
  NanPolicy nan = NanPolicy::kKeep;                           ///< values that are NaN
  InexactPolicy inexact = InexactPolicy::kRound;              ///< integers that no double holds
  NullLabelPolicy null_label = NullLabelPolicy::kAbsent;      ///< labels without a value
  FloatEncoding chunk_encoding = FloatEncoding::kXor;         ///< of floats
  CounterStart counter_start = CounterStart::kNone;           ///< of counters with start times
  bool count_resets = false;  ///< of counters, in the finished blocks: they are read once more
  /// A stale marker so long after a sample of a series that no other follows within: at gaps, and at the end. At most
  /// as long as a block.
  std::optional<Duration> stale_after{};
  Labels external_labels{};                    ///< of the blocks, for Thanos: into meta.json, not into series
  std::string rejects{};                       ///< rejects file; empty: OUT/.promfill/<job>.rejects.jsonl
  std::optional<std::uint64_t> rejects_max{};  ///< stop when more are rejected; absent: no bound
  bool allow_implausible_times = false;        ///< accept times before 1990 or after now + 1 year
  Limits limits{};                             ///< on what the input may ask for
  /// Of records: the keys description, help, humanName and unit of a tag are labels of the metric, as all others.
  bool metadata_as_labels = true;
  bool counter_total = false;         ///< of records: `_total` is put behind names of counters that lack it
  bool type_and_unit_labels = false;  ///< of records: __type__ and __unit__ are labels of every series
  std::uint64_t segment_bytes_max = 512ULL << 20;  ///< of chunk files; smaller only in tests

  /// @error kUsage  what can't be, before any data is read.
  [[nodiscard]] Status validate() const;
};

}  // namespace PROMFILL_ABI
}  // namespace promfill
