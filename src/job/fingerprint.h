// A job's identity: inputs, mapping, and the options that change bytes. Names of jobs and blocks are derived from it,
// so that the same job with the same start makes the same ULIDs; threads and logs have no part in it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "file/file_system.h"
#include "promfill/block.h"
#include "promfill/mapping.h"
#include "promfill/options.h"

namespace promfill {

/// What a job is made of, name by name: "input a.parquet" with its size and time of change, "--block-duration", ….
using JobIdentity = std::vector<std::pair<std::string, std::string>>;

/// What differs first, in words for people; empty where nothing does.
[[nodiscard]] std::string first_difference(const JobIdentity& before, const JobIdentity& now);

/// Whether another process can read the job's input again.
[[nodiscard]] bool can_resume(const JobIdentity& job);

class Fingerprint {
 public:
  /// @param inputs  names of the sources; of those that are files, size and time of change are part of the identity.
  ///        Empty: the rows are a program's, and no other process can go on with the job.
  /// @param options  with the block duration that was decided.
  static Fingerprint of(FileSystem& fs, std::span<const std::string> inputs, const Mapping& mapping,
                        const BackfillOptions& options, std::span<const std::string> readings = {});

  [[nodiscard]] const JobIdentity& identity() const { return identity_; }
  /// Whether all inputs are files, of which size and time of change tell that nothing is new.
  [[nodiscard]] bool is_of_files() const { return is_of_files_; }
  /// ULID of the block of one window; `created` is the job's start.
  [[nodiscard]] Ulid block_ulid(Timestamp created, std::int64_t window_min_ms) const;
  /// Name of the job, for files in OUT/.promfill.
  [[nodiscard]] std::string job_name(Timestamp created) const;

 private:
  [[nodiscard]] Ulid ulid(Timestamp created, std::string_view purpose) const;
  JobIdentity identity_;
  bool is_of_files_ = true;
  std::string text_;  // of it, for hashing
};

}  // namespace promfill
