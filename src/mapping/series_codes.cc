// See series_codes.h.
#include "mapping/series_codes.h"

#include <algorithm>
#include <optional>
#include <string>

#include "family/bound.h"
#include "promfill/labels.h"
#include "store/sample_batch.h"

namespace promfill {

void SeriesCodes::decide(const EntityCodes& entities) {
  const std::size_t metrics = plan_->metrics().size();
  std::vector<std::uint32_t> distinct;
  for (auto entity = static_cast<std::uint32_t>(shares_.size()); entity < entities.size(); ++entity) {
    const std::size_t begin = series_.size();
    if (entities.is_valid(entity)) {
      const std::vector<Label> labels = decode_entity_key(entities.entity(entity).key);
      for (const PlannedMetric& metric : plan_->metrics()) {
        series_.push_back(decide_one(entities, entity, metric, labels));
      }
    } else {
      series_.resize(begin + metrics, kInvalid);
    }
    distinct.assign(series_.begin() + static_cast<std::ptrdiff_t>(begin), series_.end());
    std::erase_if(distinct, [](std::uint32_t series) { return series >= kNone; });
    all_kept_.push_back(distinct.size() == metrics);
    std::sort(distinct.begin(), distinct.end());
    shares_.push_back(std::adjacent_find(distinct.begin(), distinct.end()) != distinct.end());
  }
}

std::uint32_t SeriesCodes::decide_one(const EntityCodes& entities, std::uint32_t entity, const PlannedMetric& metric,
                                      std::span<const Label> labels) {
  std::vector<Label> all(labels.begin(), labels.end());
  all.insert(all.end(), metric.own_labels.begin(), metric.own_labels.end());
  for (const PlannedMetric::ColumnLabel& label : metric.column_labels) {
    const std::string_view value = entities.label_value(entity, label.label);
    if (label.is_bound) {
      const std::optional<double> bound = parse_bound(value);
      if (!bound) return kInvalidBound;
      all.push_back({label.name, bound_text(*bound)});
    } else if (!value.empty()) {
      all.push_back({label.name, std::string(value)});
    }
  }
  std::sort(all.begin(), all.end());
  if (!plan_->relabeller().empty()) {
    auto relabelled = plan_->relabeller().apply(all);
    if (!relabelled) return kFiltered;
    all = *std::move(relabelled);
  }
  if (const std::uint32_t trouble = judge(all); trouble != 0) return trouble;
  key_.clear();
  encode_entity_key(all, key_);
  const std::uint64_t hash = hash_entity_key(key_);
  const std::uint32_t series = keys_.intern(key_, hash);
  if (series == hashes_.size()) hashes_.push_back(hash);
  return series;
}

/// 0, or what is in the place of a series. Prometheus refuses a scrape with such labels; here only they are lost.
std::uint32_t SeriesCodes::judge(std::span<const Label> labels) const {
  bool named = false;
  if (labels.size() > plan_->limits().labels_per_series) return kInvalid;
  for (const Label& label : labels) {
    if (!is_valid_label_name(label.name, NameScheme::kUtf8) || !is_valid_utf8(label.value)) return kInvalid;
    if (label.name.size() > plan_->limits().label_name_bytes) return kInvalid;
    if (label.value.size() > plan_->limits().label_value_bytes) return kInvalid;
    named |= label.name == kMetricName;
  }
  return named ? 0 : kNameless;
}

std::uint64_t SeriesCodes::memory_bytes() const {
  return series_.capacity() * sizeof(std::uint32_t) + keys_.memory_bytes() +
         hashes_.capacity() * sizeof(std::uint64_t) + (shares_.capacity() + all_kept_.capacity()) / 8;
}

}  // namespace promfill
