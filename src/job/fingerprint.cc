// See fingerprint.h.
#include "job/fingerprint.h"

#include <algorithm>
#include <array>

#include "encoding/byte_writer.h"
#include "store/byte_table.h"

namespace promfill {
namespace {

/// Fields one behind the other, each with its length, so that no two identities have the same text.
class Fields {
 public:
  Fields& operator<<(std::string_view text) {
    text_ += std::to_string(text.size()) + ':';
    text_ += text;
    return *this;
  }
  Fields& operator<<(std::int64_t number) { return *this << std::string_view(std::to_string(number)); }
  std::string take() && { return std::move(text_); }

 private:
  std::string text_;
};

void add_mapping(Fields& fields, const Mapping& mapping) {
  fields << mapping.timestamp.column << (mapping.timestamp.unit ? to_string(*mapping.timestamp.unit) : "auto")
         << mapping.timestamp.offset_ms;
  fields << static_cast<std::int64_t>(mapping.labels ? mapping.labels->size() : 0);
  if (mapping.labels) {
    for (const LabelMapping& label : *mapping.labels) fields << label.name << label.column;
  }
  fields << static_cast<std::int64_t>(mapping.constants.size());
  for (const ConstantLabel& constant : mapping.constants) fields << constant.name << constant.value;
  fields << static_cast<std::int64_t>(mapping.metrics ? mapping.metrics->size() : 0);
  if (mapping.metrics) {
    for (const MetricMapping& metric : *mapping.metrics)
      fields << metric.column << metric.name << to_string(metric.type);
  }
}

}  // namespace

Fingerprint Fingerprint::of(FileSystem& fs, std::span<const std::string> inputs, const Mapping& mapping,
                            const BackfillOptions& options) {
  Fields fields;
  fields << static_cast<std::int64_t>(inputs.size());
  for (const std::string& input : inputs) {
    const Result<FileInfo> info = fs.info(input);
    fields << input;
    if (info) fields << static_cast<std::int64_t>(info->size_bytes) << info->modified_ns;
  }
  add_mapping(fields, mapping);
  fields << options.block_duration.value_or(Duration{}).ms << to_string(options.on_duplicate)
         << std::int64_t{options.allow_implausible_times};
  fields << options.min_time.value_or(kTimestampMin).ms << options.max_time.value_or(kTimestampMax).ms;
  Fingerprint fingerprint;
  fingerprint.text_ = std::move(fields).take();
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
