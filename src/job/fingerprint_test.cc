// Goal: the same job has the same names, and whatever changes its bytes changes them.
#include "job/fingerprint.h"

#include <gtest/gtest.h>

#include <functional>

namespace promfill {
namespace {

Ulid ulid_of(const Mapping& mapping, const BackfillOptions& options, std::vector<std::string> inputs = {"a", "b"}) {
  return Fingerprint::of(real_file_system(), inputs, mapping, options).block_ulid({1'650'000'000'000}, 7200);
}

TEST(Fingerprint, IsTheSameForTheSameJobOnAnyMachine) {
  BackfillOptions fast;
  fast.threads = 16;
  fast.out = "elsewhere";
  EXPECT_EQ(ulid_of({}, {}), ulid_of({}, fast));
  EXPECT_EQ(ulid_of({}, {}).created(), Timestamp{1'650'000'000'000});
}

TEST(Fingerprint, ChangesWithWhateverChangesBytes) {
  MetricMapping metric;
  metric.column = "c";
  metric.name = "n";
  const std::vector<std::function<void(Mapping&, BackfillOptions&)>> changes = {
      [](Mapping& m, BackfillOptions&) { m.timestamp.column = "t"; },
      [](Mapping& m, BackfillOptions&) { m.timestamp.unit = TimeUnit::kSeconds; },
      [](Mapping& m, BackfillOptions&) { m.timestamp.offset_ms = 1; },
      [](Mapping& m, BackfillOptions&) { m.labels = std::vector<LabelMapping>{{"a", "b", {}}}; },
      [](Mapping& m, BackfillOptions&) { m.constants = std::vector<ConstantLabel>{{"a", "b", {}}}; },
      [&](Mapping& m, BackfillOptions&) { m.metrics.emplace().push_back(metric); },
      [](Mapping& m, BackfillOptions&) { m.timestamp.format = "%F"; },
      [](Mapping& m, BackfillOptions&) { m.timestamp.time_column = "c"; },
      [](Mapping& m, BackfillOptions&) { m.timestamp.timezone = "+01:00"; },
      [](Mapping& m, BackfillOptions&) {
        m.timestamp.timezone = "+01:00";
        m.timestamp.ambiguous = AmbiguousTime::kLater;
      },
      [](Mapping& m, BackfillOptions&) { m.label_splits.push_back({"c", std::nullopt, {}}); },
      [](Mapping& m, BackfillOptions&) { m.label_splits.push_back({"c", "JSON", {}}); },
      [](Mapping& m, BackfillOptions&) { m.long_table = LongTable{"n", "v", MetricType::kGauge, {}}; },
      [](Mapping& m, BackfillOptions&) { m.relabel_rules.emplace_back(); },
      [](Mapping& m, BackfillOptions&) { m.relabel_rules.resize(2); },
      [](Mapping& m, BackfillOptions&) { m.relabel_rules.emplace_back().regex = ""; },
      [](Mapping& m, BackfillOptions&) { m.relabel_rules.emplace_back().source_labels = {"a", "b"}; },
      [](Mapping& m, BackfillOptions&) { m.relabel_rules.emplace_back().source_labels = {"ab"}; },
      [&](Mapping& m, BackfillOptions&) {
        m.metrics.emplace().push_back(metric);
        m.metrics->back().labels.push_back({"a", "b", {}});
      },
      [](Mapping&, BackfillOptions& o) { o.nan = NanPolicy::kNull; },
      [](Mapping&, BackfillOptions& o) { o.inexact = InexactPolicy::kReject; },
      [](Mapping&, BackfillOptions& o) { o.null_label = NullLabelPolicy::kReject; },
      [](Mapping&, BackfillOptions& o) { o.external_labels = *Labels::create({{"a", "b"}}); },
      [](Mapping&, BackfillOptions& o) { o.block_duration = Duration{3600 * 1000}; },
      [](Mapping&, BackfillOptions& o) { o.min_time = Timestamp{1}; },
      [](Mapping&, BackfillOptions& o) { o.max_time = Timestamp{1}; },
      [](Mapping&, BackfillOptions& o) { o.on_reject = RejectPolicy::kDrop; },
      [](Mapping&, BackfillOptions& o) { o.on_duplicate = DuplicatePolicy::kSum; },
      [](Mapping&, BackfillOptions& o) { o.allow_implausible_times = true; },
  };
  std::vector<Ulid> seen = {ulid_of({}, {}), ulid_of({}, {}, {"ab"}), ulid_of({}, {}, {"b", "a"})};
  for (const auto& change : changes) {
    Mapping mapping;
    BackfillOptions options;
    change(mapping, options);
    seen.push_back(ulid_of(mapping, options));
  }
  for (std::size_t i = 0; i < seen.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(seen[i], seen[j]) << i << " " << j;
  }
}

TEST(Fingerprint, GivesEveryWindowAnotherName) {
  const Fingerprint fingerprint = Fingerprint::of(real_file_system(), std::vector<std::string>{"a"}, {}, {});
  EXPECT_NE(fingerprint.block_ulid({0}, 0), fingerprint.block_ulid({0}, 7200));
  EXPECT_NE(fingerprint.block_ulid({0}, 0).text(), fingerprint.job_name({0}));
}

TEST(Fingerprint, NamesWhatChanged) {
  const std::vector<std::string> inputs = {"a", "b"};
  BackfillOptions options;
  const JobIdentity before = Fingerprint::of(real_file_system(), inputs, {}, options).identity();
  EXPECT_EQ(first_difference(before, before), "");
  options.on_duplicate = DuplicatePolicy::kSum;
  EXPECT_EQ(first_difference(before, Fingerprint::of(real_file_system(), inputs, {}, options).identity()),
            "--on-duplicate was 'keep-last' and is 'sum'");
  const auto with_inputs = [](const std::vector<std::string>& names) {
    return Fingerprint::of(real_file_system(), names, {}, {}).identity();
  };
  EXPECT_EQ(first_difference(before, with_inputs({"a", "b", "c"})), "input c was added");
  EXPECT_EQ(first_difference(before, with_inputs({"a"})), "input b is gone");
  EXPECT_EQ(first_difference(before, with_inputs({"b", "a"})), "inputs, labels or metrics come in another order");
  const auto with_readings = [](const std::vector<std::string>& readings) {
    return Fingerprint::of(real_file_system(), {}, {}, {}, readings).identity();
  };
  EXPECT_EQ(first_difference(with_readings({"x", "y"}), with_readings({"x", "y"})), "");
  EXPECT_EQ(first_difference(with_readings({"x", "y"}), with_readings({"x", "z"})),
            "what was found out, line 2 was 'y' and is 'z'");
}

}  // namespace
}  // namespace promfill
