// See fingerprint.h.
#include "job/fingerprint.h"

#include <algorithm>
#include <array>
#include <optional>

#include "encoding/big_endian.h"
#include "promfill/labels.h"
#include "store/byte_table.h"

namespace promfill {
namespace {

/// First in the identity of a job whose rows come from a program.
constexpr std::string_view kOfProgram = "rows of a program";

/// Journal and manifest are JSON, and must give back what was put in: where a text is no UTF-8, as names of files may
/// be, its bytes are spelled out.
std::string as_utf8(std::string text) {
  if (is_valid_utf8(text)) return text;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string spelled;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      spelled += c;
    } else {
      spelled += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return spelled;
}

void add_mapping(const Mapping& mapping, JobIdentity& identity) {
  const std::string unit(mapping.timestamp.unit ? to_string(*mapping.timestamp.unit) : "auto");
  identity.emplace_back("time column", mapping.timestamp.column);
  identity.emplace_back("time unit", unit);
  identity.emplace_back("--timestamp-offset", std::to_string(mapping.timestamp.offset_ms) + " ms");
  if (mapping.labels) {
    for (const LabelMapping& label : *mapping.labels) identity.emplace_back("label " + label.name, label.column);
  }
  for (const ConstantLabel& constant : mapping.constants) {
    identity.emplace_back("constant label " + constant.name, constant.value);
  }
  if (mapping.metrics) {
    for (const MetricMapping& metric : *mapping.metrics) {
      identity.emplace_back("metric " + metric.name + " of column " + metric.column, to_string(metric.type));
    }
  }
}

void add_options(const BackfillOptions& options, JobIdentity& identity) {
  const auto time = [](const std::optional<Timestamp>& t) { return t ? to_string(*t) : "none"; };
  identity.emplace_back("--block-duration", std::to_string(options.block_duration.value_or(Duration{}).ms) + " ms");
  identity.emplace_back("--on-duplicate", to_string(options.on_duplicate));
  identity.emplace_back("--allow-implausible-times", options.allow_implausible_times ? "given" : "not given");
  identity.emplace_back("--on-reject", to_string(options.on_reject));
  // Of the limits, the one that decides about rows; the others end the job.
  identity.emplace_back("--limit label_value_bytes", std::to_string(options.limits.label_value_bytes));
  identity.emplace_back("--min-time", time(options.min_time));
  identity.emplace_back("--max-time", time(options.max_time));
}

}  // namespace

bool can_resume(const JobIdentity& job) { return job.empty() || job.front().first != kOfProgram; }

std::string first_difference(const JobIdentity& before, const JobIdentity& now) {
  const auto value_in = [](const JobIdentity& identity, const std::string& name) {
    return std::find_if(identity.begin(), identity.end(), [&](const auto& field) { return field.first == name; });
  };
  for (const auto& [name, value] : now) {
    const auto at = value_in(before, name);
    if (at == before.end()) return name + " was added";
    if (at->second != value) return name + " was '" + at->second + "' and is '" + value + "'";
  }
  for (const auto& [name, value] : before) {
    if (value_in(now, name) == now.end()) return name + " is gone";
  }
  return before == now ? "" : "inputs, labels or metrics come in another order";
}

Fingerprint Fingerprint::of(FileSystem& fs, std::span<const std::string> inputs, const Mapping& mapping,
                            const BackfillOptions& options) {
  Fingerprint fingerprint;
  JobIdentity& identity = fingerprint.identity_;
  if (inputs.empty()) {
    identity.emplace_back(kOfProgram, "");
    fingerprint.is_of_files_ = false;
  }
  for (const std::string& input : inputs) {
    const Result<FileInfo> info = fs.info(input);
    if (!info) fingerprint.is_of_files_ = false;
    identity.emplace_back("input " + input, info ? std::to_string(info->size_bytes) + " bytes, changed at " +
                                                       std::to_string(info->modified_ns) + " ns"
                                                 : "no file");
  }
  add_mapping(mapping, identity);
  add_options(options, identity);
  for (auto& [name, value] : identity) {
    name = as_utf8(std::move(name));
    value = as_utf8(std::move(value));
  }
  for (const auto& [name, value] : identity) {  // each with its length: no two identities have the same text
    for (const std::string& text : {name, value}) fingerprint.text_ += std::to_string(text.size()) + ':' + text;
  }
  return fingerprint;
}

Ulid Fingerprint::ulid(Timestamp created, std::string_view purpose) const {
  std::array<std::uint8_t, 16> hashes;
  store_be64(hashes.data(), hash_bytes(text_ + "/" + std::string(purpose)));
  store_be64(hashes.data() + 8, hash_bytes(std::string(purpose) + "/" + text_));
  std::array<std::uint8_t, 10> entropy;
  std::copy_n(hashes.begin(), entropy.size(), entropy.begin());
  return Ulid::make(created, entropy);
}

Ulid Fingerprint::block_ulid(Timestamp created, std::int64_t window_min_ms) const {
  return ulid(created, "window " + std::to_string(window_min_ms));
}

std::string Fingerprint::job_name(Timestamp created) const { return ulid(created, "job").text(); }

}  // namespace promfill
