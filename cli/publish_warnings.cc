// See publish_warnings.h.
#include "publish_warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace promfill::cli {
namespace {

using std::chrono_literals::operator""h;

constexpr Duration kDefaultRetention{24h * 15};

std::string retention_of(const PublishTarget& target) {
  return target.retention ? to_string(*target.retention) : "15d, the retention that Prometheus has by default";
}

std::int64_t days_between(Timestamp oldest, Timestamp newest) { return (newest.ms - oldest.ms) / Duration(24h).ms + 2; }

}  // namespace

std::vector<std::string> warnings_of_plan(const JobOutlook& outlook, const PublishTarget& target) {
  std::vector<std::string> warnings;
  if (target.encoding == FloatEncoding::kXor2) {
    warnings.emplace_back("XOR2 chunks: only Prometheus 3.14 and later read these blocks");
  }
  if (!outlook.times || outlook.times->empty()) return warnings;
  const auto& [min, max] = *outlook.times;
  const Timestamp newest = std::max(target.now, max);
  const std::int64_t length = outlook.block_duration.ms;
  const std::int64_t rest = ((min.ms % length) + length) % length;
  if (max > target.now) {
    warnings.push_back(
        fmt::format("times reach to {}, after now: in a live Prometheus such blocks make it delete all others, and "
                    "promfill publish refuses them; --max-time leaves these samples out",
                    to_string(max)));
  } else if (newest.ms - (min.ms - rest + length) >= target.retention.value_or(kDefaultRetention).ms) {
    warnings.push_back(fmt::format(
        "times begin at {}: blocks older than {}, are deleted by Prometheus and refused by promfill publish, "
        "unless the server runs with --storage.tsdb.retention.time={}d or more",
        to_string(min), retention_of(target), days_between(min, newest)));
  }
  return warnings;
}

std::vector<std::string> warnings_of_blocks(std::span<const ReportedBlock> blocks, const PublishTarget& target) {
  std::vector<std::string> warnings;
  std::size_t future = 0;
  std::size_t beyond = 0;
  Timestamp newest = target.now;
  Timestamp oldest = target.now;
  for (const ReportedBlock& block : blocks) {
    if (block.meta.range.max.ms - 1 > target.now.ms) ++future;
    newest = std::max(newest, block.meta.range.max);
    oldest = std::min(oldest, block.meta.range.min);
  }
  const Duration kept = target.retention.value_or(kDefaultRetention);
  for (const ReportedBlock& block : blocks) {
    if (newest.ms - block.meta.range.max.ms >= kept.ms) ++beyond;
  }
  if (future > 0) {
    warnings.push_back(
        fmt::format("{} blocks end after now, at {}: in a live Prometheus they make it delete all others, and promfill "
                    "publish refuses them; --max-time leaves such samples out",
                    future, to_string(newest)));
  } else if (beyond > 0) {
    warnings.push_back(
        fmt::format("{} blocks are older than {}: Prometheus deletes them and promfill publish refuses them, unless "
                    "the server runs with --storage.tsdb.retention.time={}d or more",
                    beyond, retention_of(target), days_between(oldest, newest)));
  }
  return warnings;
}

}  // namespace promfill::cli
