// Goal: what a row costs is no allocation, whichever way rows come; only tables, entities and batches do.
// Sanitizers have an operator new of their own, and are not counted.
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>

#include "promfill/backfill.h"
#include "promfill/channel.h"
#include "promfill/columns.h"
#include "record/job_fixture.h"

namespace {
std::atomic<std::uint64_t> allocations{0};

void* counted(std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const made = std::malloc(bytes)) return made;
  throw std::bad_alloc();
}
}  // namespace

// Of the whole test program; array and nothrow forms come here, too.
void* operator new(std::size_t bytes) { return counted(bytes); }
void operator delete(void* what) noexcept { std::free(what); }
void operator delete(void* what, std::size_t) noexcept { std::free(what); }

namespace promfill {
namespace {

struct Usage {
  std::int64_t timestamp = 0;
  std::string host;
  double cpu = 0;
  double memory = 0;
};

/// Labels are added by the record, as the Go library's GetAdditionalLabels.
struct Tagged {
  std::int64_t timestamp = 0;
  std::string host;
  double cpu = 0;
  void additional_labels(LabelSink& labels) const {
    labels.add("host_that_is_longer_than_small_strings", host);
    labels.add("core", 12.5);
  }
};

}  // namespace

template <>
struct Schema<Usage> {
  static constexpr auto fields = promfill::fields(label<&Usage::host>(), field<&Usage::cpu>("metric_type:gauge"),
                                                  field<&Usage::memory>("metric_type:gauge"));
};
template <>
struct Schema<Tagged> {
  static constexpr auto fields = promfill::fields(field<&Tagged::cpu>("metric_type:gauge"));
};

namespace {

constexpr std::size_t kRows = 200'000;

template <typename Record>
std::vector<Record> rows_of(std::size_t count) {
  std::vector<Record> rows(count);
  for (std::size_t i = 0; i < count; ++i) {
    rows[i].timestamp = kStart + static_cast<std::int64_t>(i / 10);
    rows[i].host = "host-with-a-name-that-is-long-" + std::to_string(i % 10);
    rows[i].cpu = static_cast<double>(i);
  }
  return rows;
}

class Allocations : public RecordJobFixture {
 protected:
  template <typename Job, typename Run>
  std::uint64_t of(Result<Job> job, Run run) {
    EXPECT_TRUE(job) << job.error().text();
    const std::uint64_t before = allocations;
    const auto report = run(*job);
    const std::uint64_t made = allocations - before;
    EXPECT_TRUE(report) << report.error().text();
    EXPECT_GE(report->ledger.written, kRows);
    return made;
  }
};

TEST_F(Allocations, OfStructsThroughTheChannel) {
  const std::vector<Usage> rows = rows_of<Usage>(kRows);
  const std::uint64_t made = of(Backfill<Usage>::create(options()), [&](auto& job) {
    Channel<std::span<const Usage>> channel{4};
    std::jthread producer([&] {
      for (std::size_t i = 0; i < rows.size(); i += 1000) {
        if (!channel.send(std::span(rows).subspan(i, 1000))) return;
      }
      channel.close();
    });
    return job.run(channel);
  });
  EXPECT_LT(made, kRows / 40);
}

TEST_F(Allocations, OfLabelsThatRecordsAdd) {
  const std::vector<std::vector<Tagged>> tables{rows_of<Tagged>(kRows)};
  const std::uint64_t made = of(Backfill<Tagged>::create(options()), [&](auto& job) { return job.run(tables); });
  EXPECT_LT(made, kRows / 40);
}

}  // namespace
}  // namespace promfill
#endif
