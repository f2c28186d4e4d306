// Sources as a job's input: their pieces in the order that lets windows be finished early, their columns mapped by a
// plan for each.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backfill/input.h"
#include "mapping/plan.h"
#include "model/block_duration.h"
#include "source/source.h"

namespace promfill {

/// A source and how its columns map.
struct PlannedSource {
  Source* source = nullptr;
  const Plan* plan = nullptr;
  std::vector<std::optional<TimeSpan>> piece_times{};  ///< by piece; nothing where unknown
};

class SourceInput final : public Input {
 public:
  /// @param sources  borrowed, with their plans.
  explicit SourceInput(std::span<const PlannedSource> sources);

  std::unique_ptr<Producer> producer(const ProducerOptions& options) override;
  [[nodiscard]] std::optional<std::size_t> pieces() const override { return pieces_.size(); }
  [[nodiscard]] Timestamp all_later_from(std::size_t piece) const override;
  void skip(std::size_t pieces, Progress& progress) override;
  Result<std::int64_t> rows_before(std::size_t piece) override;
  [[nodiscard]] std::string where(std::size_t piece) const override;
  void cancel() override;

 private:
  struct Piece {
    const PlannedSource* source = nullptr;
    std::size_t index = 0;
    Timestamp all_later_from = kTimestampMin;
  };
  class PieceProducer;

  std::vector<Source*> sources_;
  std::vector<Piece> pieces_;
};

}  // namespace promfill
