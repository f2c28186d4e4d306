// Where the checks of the verifier put what they find. Private to the verifier.
#pragma once

#include <string>
#include <utility>

#include "block/block_verifier.h"

namespace promfill {

class Findings {
 public:
  explicit Findings(const VerifyOptions& options) : options_(options) {}

  /// Something that no block of Prometheus has.
  void problem(std::string text) {
    if (report_.problems.size() < options_.problems_max) {
      report_.problems.push_back(std::move(text));
    } else {
      ++report_.problems_dropped;
    }
  }
  /// Something that a fresh block doesn't have but a server's or an older one may.
  void oddity(std::string text) { options_.strict ? problem(std::move(text)) : note(std::move(text)); }
  void note(std::string text) {
    if (report_.notes.size() < options_.problems_max) report_.notes.push_back(std::move(text));
  }

  [[nodiscard]] const VerifyOptions& options() const { return options_; }
  [[nodiscard]] BlockStats& stats() { return report_.stats; }
  [[nodiscard]] VerifyReport take() && { return std::move(report_); }

 private:
  const VerifyOptions& options_;
  VerifyReport report_;
};

}  // namespace promfill
