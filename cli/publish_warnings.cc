// See publish_warnings.h.
#include "publish_warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace promfill::cli {
namespace {

using std::chrono_literals::operator""h;

constexpr Duration kDefaultRetention{24h * 15};

}  // namespace

std::vector<std::string> publish_warnings(std::span<const ReportedBlock> blocks, std::optional<Duration> retention,
                                          FloatEncoding encoding, Timestamp now) {
  std::vector<std::string> warnings;
  std::size_t future = 0;
  std::size_t beyond = 0;
  Timestamp newest = now;
  Timestamp oldest = now;
  for (const ReportedBlock& block : blocks) {
    if (block.meta.range.max.ms - 1 > now.ms) ++future;
    newest = std::max(newest, block.meta.range.max);
    oldest = std::min(oldest, block.meta.range.min);
  }
  const Duration kept = retention.value_or(kDefaultRetention);
  for (const ReportedBlock& block : blocks) {
    if (newest.ms - block.meta.range.max.ms >= kept.ms) ++beyond;
  }
  if (future > 0) {
    warnings.push_back(
        fmt::format("{} blocks end after now, at {}: in a live Prometheus they make it delete all others, and promfill "
                    "publish refuses them; --max-time leaves such samples out",
                    future, to_string(newest)));
  }
  if (beyond > 0 && future == 0) {
    warnings.push_back(
        fmt::format("{} blocks are older than {}: Prometheus deletes them and promfill publish refuses them, unless "
                    "the server runs "
                    "with --storage.tsdb.retention.time={}d or more",
                    beyond, retention ? to_string(kept) : "15d, the retention that Prometheus has by default",
                    (newest.ms - oldest.ms) / Duration(24h).ms + 2));
  }
  if (encoding == FloatEncoding::kXor2 && !blocks.empty()) {
    warnings.push_back("XOR2 chunks: only Prometheus 3.14 and later read these blocks");
  }
  return warnings;
}

}  // namespace promfill::cli
