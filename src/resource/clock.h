// The wall clock, passed in so that bytes and tests don't depend on it.
#pragma once

#include "promfill/time.h"

namespace promfill {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Timestamp now() const = 0;
};

const Clock& system_clock();

/// Always the same moment.
class FixedClock final : public Clock {
 public:
  explicit FixedClock(Timestamp now) : now_(now) {}
  [[nodiscard]] Timestamp now() const override { return now_; }

 private:
  Timestamp now_;
};

}  // namespace promfill
