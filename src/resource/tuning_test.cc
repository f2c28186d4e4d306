// Goal: every choice follows from the machine and the options as documented, says why, and never passes a limit that
// the user set. A table of machines; properties over a grid of them.
#include "resource/tuning.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace promfill {
namespace {

constexpr std::uint64_t kMiB = 1ULL << 20;
constexpr std::uint64_t kGiB = 1ULL << 30;

Machine machine(std::uint32_t cores, std::uint64_t available) {
  Machine m;
  m.cores = cores;
  m.memory_bytes = 2 * available;
  m.memory_available_bytes = available;
  return m;
}

Tuning tuned(const BackfillOptions& options, const Machine& m,
             const Workload& work = {.row_bytes = 64, .pieces = 100}) {
  auto tuning = tune(options, m, work);
  EXPECT_TRUE(tuning) << tuning.error().text();
  return tuning ? *std::move(tuning) : Tuning();
}

testing::AssertionResult says(const Tuning& tuning, const std::string& reason) {
  if (std::find(tuning.reasons.begin(), tuning.reasons.end(), reason) != tuning.reasons.end()) {
    return testing::AssertionSuccess();
  }
  testing::AssertionResult result = testing::AssertionFailure() << "no reason \"" << reason << "\" among:";
  for (const std::string& line : tuning.reasons) result << "\n  " << line;
  return result;
}

TEST(Tuning, SaysWhyEachChoiceIsMade) {
  EXPECT_EQ(tuned({}, machine(2, 8 * kGiB)).reasons,
            (std::vector<std::string>{"threads 2: processors this process may run on", "shards 2: one for each thread",
                                      "memory limit 6GiB: three quarters of the 8GiB that are available",
                                      "decoders 2: one for each thread",
                                      "batch rows 65536: they fit into an eighth of the memory",
                                      "queue batches 2: one is ready when one is done"}));
}

TEST(Tuning, PiecesInMemoryAreAsManyAsAQuarterOfItHolds) {
  BackfillOptions options;
  options.memory_limit_bytes = 256 << 20;
  const Tuning tuning = tuned(options, machine(16, 8 * kGiB), {.row_bytes = 8, .pieces = 100, .piece_bytes = 20 << 20});
  EXPECT_EQ(tuning.decoders, 3U);
  EXPECT_EQ(tuning.shards, 16U);
  EXPECT_TRUE(says(tuning, "decoders 3: what a quarter of the memory holds of pieces of about 20MiB"));
  EXPECT_EQ(tuned(options, machine(16, 8 * kGiB), {.row_bytes = 8, .pieces = 100, .piece_bytes = 1 << 30}).decoders,
            1U);
}

TEST(Tuning, ThreadsAreTheProcessorsThatMayBeUsed) {
  struct Case {
    std::uint32_t cores;
    std::optional<double> quota;
    std::uint32_t asked;
    std::uint32_t threads;
    const char* why;
  };
  const Case cases[] = {
      {1, {}, 0, 1, "processors this process may run on"},
      {16, {}, 0, 16, "processors this process may run on"},
      {16, 3.0, 0, 3, "the control group may use 3 of 16 processors"},
      {16, 1.5, 0, 2, "the control group may use 1.5 of 16 processors"},
      {16, 0.1, 0, 1, "the control group may use 0.1 of 16 processors"},
      {2, 2.0, 0, 2, "processors this process may run on"},
      {2, 64.0, 0, 2, "processors this process may run on"},
      {2, 1.0, 7, 7, "as asked"},
  };
  for (const Case& c : cases) {
    Machine m = machine(c.cores, 8 * kGiB);
    m.cpu_quota = c.quota;
    BackfillOptions options;
    options.threads = c.asked;
    const Tuning tuning = tuned(options, m);
    EXPECT_EQ(tuning.threads, c.threads);
    EXPECT_TRUE(says(tuning, "threads " + std::to_string(c.threads) + ": " + c.why));
  }
}

TEST(Tuning, DecodersAreNoMoreThanPiecesAndShardsNoMoreThanPay) {
  BackfillOptions options;
  options.threads = 100;
  const Tuning many = tuned(options, machine(2, 64 * kGiB), {.row_bytes = 8, .pieces = 1000});
  EXPECT_EQ(many.decoders, 100U);
  EXPECT_EQ(many.shards, 64U);
  EXPECT_TRUE(says(many, "shards 64: more cost more than they bring"));
  const Tuning few = tuned(options, machine(2, 64 * kGiB), {.row_bytes = 8, .pieces = 3});
  EXPECT_EQ(few.decoders, 3U);
  EXPECT_TRUE(says(few, "decoders 3: one for each piece"));
  EXPECT_EQ(tuned(options, machine(2, 64 * kGiB), {.row_bytes = 8, .pieces = 0}).decoders, 1U);
}

TEST(Tuning, MemoryIsThreeQuartersOfWhatIsLeft) {
  struct Case {
    Machine machine;
    std::uint64_t limit;
    const char* why;
  };
  Machine grouped = machine(2, 8 * kGiB);
  grouped.cgroup_memory_bytes = 2 * kGiB;
  grouped.cgroup_memory_available_bytes = kGiB;
  Machine wide = machine(2, kGiB);
  wide.cgroup_memory_bytes = 8 * kGiB;
  wide.cgroup_memory_available_bytes = 4 * kGiB;
  Machine old;
  old.memory_bytes = 4 * kGiB;
  Machine only_grouped;
  only_grouped.cgroup_memory_bytes = only_grouped.cgroup_memory_available_bytes = 512 * kMiB;
  Machine full = machine(2, 8 * kGiB);
  full.cgroup_memory_bytes = 100 * kMiB;
  full.cgroup_memory_available_bytes = 0;
  const Case cases[] = {
      {machine(2, 8 * kGiB), 6 * kGiB, "three quarters of the 8GiB that are available"},
      {grouped, 768 * kMiB, "three quarters of the 1GiB that the control group's limit of 2GiB leaves"},
      {wide, 768 * kMiB, "three quarters of the 1GiB that are available"},
      {old, 3 * kGiB, "three quarters of the 4GiB that are available"},
      {only_grouped, 384 * kMiB, "three quarters of the 512MiB that the control group's limit of 512MiB leaves"},
      {machine(1, 80 * kMiB), 64 * kMiB,
       "the least there is, although above three quarters of the 80MiB that are available"},
      {full, 64 * kMiB,
       "the least there is, although above three quarters of the 0B that the control group's limit of 100MiB leaves"},
      {Machine(), 4 * kGiB, "the system doesn't say what it has"},
  };
  for (const Case& c : cases) {
    const Tuning tuning = tuned({}, c.machine);
    EXPECT_EQ(tuning.memory_limit_bytes, c.limit);
    EXPECT_EQ(memory_limit({}, c.machine), c.limit) << "known before the workload is";
    EXPECT_TRUE(says(tuning, "memory limit " + format_byte_size(c.limit) + ": " + c.why));
  }
}

TEST(Tuning, TakesTheLimitThatTheUserSets) {
  BackfillOptions options;
  options.memory_limit_bytes = 256 * kMiB;
  const Tuning within = tuned(options, machine(2, 8 * kGiB));
  EXPECT_EQ(within.memory_limit_bytes, 256 * kMiB);
  EXPECT_TRUE(says(within, "memory limit 256MiB: as asked"));
  const Tuning beyond = tuned(options, machine(2, 100 * kMiB));
  EXPECT_EQ(beyond.memory_limit_bytes, 256 * kMiB);
  EXPECT_TRUE(says(beyond, "memory limit 256MiB: as asked, more than the 100MiB that are available"));
}

TEST(Tuning, BatchesFitIntoAnEighthOfTheMemory) {
  struct Case {
    std::uint64_t limit;
    std::uint64_t row_bytes;
    std::int64_t rows;
    std::uint32_t queue;
  };
  // Two threads, each with two batches at work and those that wait: 8 or 6 batches in an eighth of the limit.
  const Case cases[] = {
      {256 * kMiB, 64, 65'536, 2},                 // 8 × 64 Ki × 64 B = 32 MiB
      {256 * kMiB - 1, 64, 65'536, 1},             // 6 × 64 Ki × 64 B = 24 MiB
      {192 * kMiB - 1, 64, 64'512, 1},             // 63.99 Ki rows
      {64 * kMiB, 64, 21'504, 1},                  // 21.3 Ki
      {64 * kMiB, 1300, 1024, 1},                  // 1.05 Ki
      {64 * kMiB, 1400, 1024, 1},                  // 0.98 Ki: the least, above an eighth
      {64 * kMiB, 64 * kMiB / 2 / 6144, 1024, 1},  // just within a half
  };
  for (const Case& c : cases) {
    BackfillOptions options;
    options.memory_limit_bytes = c.limit;
    const Tuning tuning = tuned(options, machine(2, 8 * kGiB), {.row_bytes = c.row_bytes, .pieces = 9});
    EXPECT_EQ(tuning.batch_rows, c.rows) << c.limit << " " << c.row_bytes;
    EXPECT_EQ(tuning.queue_batches, c.queue) << c.limit << " " << c.row_bytes;
  }
}

TEST(Tuning, SaysWhatTheDiskHas) {
  Machine m = machine(2, 8 * kGiB);
  m.staging_free_bytes = 3 * kGiB;
  EXPECT_TRUE(says(tuned({}, m), "staging disk 3GiB: free for what doesn't fit into memory, and for blocks"));
}

TEST(Tuning, NamesTheLimitThatWouldDo) {
  BackfillOptions options;
  options.memory_limit_bytes = 64 * kMiB - 1;
  const auto small = tune(options, machine(2, 8 * kGiB), {.row_bytes = 64, .pieces = 9});
  ASSERT_FALSE(small);
  EXPECT_EQ(small.error().code, ErrorCode::kUsage);
  EXPECT_EQ(
      small.error().text(),
      "--memory-limit: a limit of 63.9MiB is too small for this job; 64MiB would do, or less with fewer --threads");
  options.memory_limit_bytes = 100 * kMiB;
  const Workload wide{.row_bytes = 80'000, .pieces = 9};  // 2 × 3 × 1024 of them: 469 MiB
  const auto narrow = tune(options, machine(2, 8 * kGiB), wide);
  ASSERT_FALSE(narrow);
  EXPECT_NE(narrow.error().hint.find("938MiB would do"), std::string::npos) << narrow.error().text();
  options.memory_limit_bytes = 938 * kMiB;
  EXPECT_TRUE(tune(options, machine(2, 8 * kGiB), wide));
  options.memory_limit_bytes = 938 * kMiB - 1;
  EXPECT_FALSE(tune(options, machine(2, 8 * kGiB), wide));
}

// Whatever the machine and the rows: the user's numbers stand, and what is in flight is at most half of the memory.
TEST(Tuning, NeverPassesALimit) {
  for (const std::uint32_t threads : {0U, 1U, 2U, 16U, 256U}) {
    for (const std::uint64_t limit : {std::uint64_t{0}, 64 * kMiB, 100 * kMiB, 256 * kMiB, 16 * kGiB}) {
      for (const std::uint64_t row_bytes : {1ULL, 8ULL, 100ULL, 5000ULL, 1'000'000ULL}) {
        BackfillOptions options;
        options.threads = threads;
        options.memory_limit_bytes = limit;
        const Workload work{.row_bytes = row_bytes, .pieces = 7};
        auto tuning = tune(options, machine(4, 3 * kGiB), work);
        if (!tuning) {  // what the message names is taken as it stands
          const std::string hint = tuning.error().hint;
          const auto named = parse_byte_size(hint.substr(0, hint.find(' ')));
          ASSERT_TRUE(named) << hint;
          options.memory_limit_bytes = *named;
          tuning = tune(options, machine(4, 3 * kGiB), work);
          ASSERT_TRUE(tuning) << tuning.error().text();
        }
        ASSERT_EQ(tuning->threads, threads == 0 ? 4 : threads);
        ASSERT_EQ(tuning->memory_limit_bytes, memory_limit(options, machine(4, 3 * kGiB)));
        ASSERT_GE(tuning->batch_rows, 1024);
        ASSERT_LE(tuning->batch_rows, 65'536);
        const std::uint64_t in_flight = tuning->threads * (tuning->queue_batches + 2ULL) *
                                        static_cast<std::uint64_t>(tuning->batch_rows) * row_bytes;
        ASSERT_LE(in_flight, tuning->memory_limit_bytes / (tuning->batch_rows > 1024 ? 8 : 2));
      }
    }
  }
}

}  // namespace
}  // namespace promfill
