// Which series the values of each metric of an entity belong to, where that is not simply entity × metric: the mapping
// relabels, or gives metrics labels out of columns. Decided once for each entity and metric, never for each row.
//
//   entity host=a,code=200 × cpu       ─► {__name__="cpu",host="a"}             ─► rules ─► series 0
//                          × requests  ─► {__name__="requests",code="200",…}    ─► rules ─► filtered
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "mapping/entity_codes.h"
#include "mapping/plan.h"
#include "store/byte_table.h"

namespace promfill {

class SeriesCodes {
 public:
  // In the place of a series:
  static constexpr std::uint32_t kFiltered = 0xFFFFFFFF;      ///< a rule dropped it
  static constexpr std::uint32_t kNameless = 0xFFFFFFFE;      ///< the rules left no metric name
  static constexpr std::uint32_t kInvalid = 0xFFFFFFFD;       ///< the rules made a label that can't be stored
  static constexpr std::uint32_t kInvalidBound = 0xFFFFFFFC;  ///< le or quantile is no number
  static constexpr std::uint32_t kNone = kInvalidBound;       ///< from here on, it is no series

  /// @param plan  borrowed.
  explicit SeriesCodes(const Plan& plan) : plan_(&plan) {}

  /// Decide on the entities that are new since the last call; those with trouble have no series and must not be asked
  /// for.
  void decide(const EntityCodes& entities);

  /// The series of each of the plan's metrics, by metric; borrowed until the next decide().
  [[nodiscard]] std::span<const std::uint32_t> series_of(std::uint32_t entity) const {
    const std::size_t metrics = plan_->metrics().size();
    return std::span(series_).subspan(entity * metrics, metrics);
  }
  /// Whether two metrics of the entity are one series.
  [[nodiscard]] bool shares_series(std::uint32_t entity) const { return shares_[entity]; }
  /// Whether every metric of the entity is a series of its own.
  [[nodiscard]] bool all_kept(std::uint32_t entity) const { return all_kept_[entity]; }
  /// As encode_entity_key; borrowed until the next decide().
  [[nodiscard]] std::string_view key(std::uint32_t series) const { return keys_[series]; }
  [[nodiscard]] std::uint64_t hash(std::uint32_t series) const { return hashes_[series]; }
  [[nodiscard]] std::size_t size() const { return keys_.size(); }
  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  [[nodiscard]] std::uint32_t decide_one(const EntityCodes& entities, std::uint32_t entity, const PlannedMetric& metric,
                                         std::span<const Label> labels);
  [[nodiscard]] std::uint32_t judge(std::span<const Label> labels) const;

  const Plan* plan_;
  std::vector<std::uint32_t> series_;  // by entity, then metric
  std::vector<bool> shares_;           // by entity
  std::vector<bool> all_kept_;
  ByteTable keys_;
  std::vector<std::uint64_t> hashes_;  // by series
  std::string key_;                    // scratch
};

}  // namespace promfill
