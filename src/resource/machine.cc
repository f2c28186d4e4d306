// See machine.h.
#include "resource/machine.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace promfill {
namespace {

using std::filesystem::path;

/// Version 1 says "no limit" with the largest multiple of a page in 63 bits; nobody has half as much.
constexpr std::uint64_t kUnlimitedBytes = 1ULL << 62;

template <typename T>
std::optional<T> smaller(std::optional<T> a, std::optional<T> b) {
  return a && b ? std::min(*a, *b) : a ? a : b;
}

template <typename T>
std::optional<T> parse(const std::string& word) {
  T number{};
  const char* const end = word.data() + word.size();
  const auto [rest, code] = std::from_chars(word.data(), end, number);
  return code == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

/// The first words of a file; none where it can't be read.
std::vector<std::string> read_words(const path& file) {
  std::ifstream stream(file);
  return {std::istream_iterator<std::string>(stream), std::istream_iterator<std::string>()};
}

std::optional<std::uint64_t> read_number(const path& file) {
  const std::vector<std::string> words = read_words(file);
  return words.empty() ? std::nullopt : parse<std::uint64_t>(words[0]);
}

/// The number behind `key` in lines such as "inactive_file 4096" or "MemTotal:  16 kB".
std::optional<std::uint64_t> read_entry(const path& file, std::string_view key) {
  const std::vector<std::string> words = read_words(file);
  const auto at = std::find(words.begin(), words.end(), key);
  if (at == words.end() || std::next(at) == words.end()) return std::nullopt;
  return parse<std::uint64_t>(*std::next(at));
}

std::optional<std::uint64_t> read_meminfo(const path& root, std::string_view key) {
  const std::optional<std::uint64_t> kib = read_entry(root / "proc/meminfo", key);
  return kib ? std::optional(*kib * 1024) : std::nullopt;
}

/// Names of the files of one version, so that both are read by the same lines.
struct MemoryFiles {
  const char* limit;
  const char* usage;
  const char* inactive;  // in memory.stat
  const char* active;
};
constexpr MemoryFiles kMemoryFiles1{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file",
                                    "total_active_file"};
constexpr MemoryFiles kMemoryFiles2{"memory.max", "memory.current", "inactive_file", "active_file"};

void add_memory_limit(const path& group, const MemoryFiles& files, Machine& machine) {
  const std::optional<std::uint64_t> limit = read_number(group / files.limit);  // nothing for version 2's "max"
  if (!limit || *limit >= kUnlimitedBytes) return;
  machine.cgroup_memory_bytes = smaller(machine.cgroup_memory_bytes, limit);
  const path stat = group / "memory.stat";
  const std::uint64_t of_files =
      read_entry(stat, files.inactive).value_or(0) + read_entry(stat, files.active).value_or(0);
  const std::uint64_t usage = read_number(group / files.usage).value_or(0);
  const std::uint64_t used = usage - std::min(usage, of_files);
  machine.cgroup_memory_available_bytes =
      smaller(machine.cgroup_memory_available_bytes, std::optional(*limit - std::min(*limit, used)));
}

void add_quota(std::optional<double> quota_us, std::optional<double> period_us, Machine& machine) {
  if (!quota_us || !period_us || *quota_us <= 0 || *period_us <= 0) return;
  machine.cpu_quota = smaller(machine.cpu_quota, std::optional(*quota_us / *period_us));
}

void add_cpu_limit_1(const path& group, Machine& machine) {
  const std::vector<std::string> quota = read_words(group / "cpu.cfs_quota_us");  // -1: none
  const std::vector<std::string> period = read_words(group / "cpu.cfs_period_us");
  if (quota.empty() || period.empty()) return;
  add_quota(parse<double>(quota[0]), parse<double>(period[0]), machine);
}

void add_cpu_limit_2(const path& group, Machine& machine) {
  const std::vector<std::string> words = read_words(group / "cpu.max");  // "150000 100000", "max 100000"
  if (words.size() == 2) add_quota(parse<double>(words[0]), parse<double>(words[1]), machine);
}

/// Call `visit` with the directories of `group` and of every group above it, up to the hierarchy's.
template <typename Visit>
void walk_up(const path& hierarchy, const std::string& group, Visit visit) {
  path relative = path(group).relative_path();
  // Beyond the root of our namespace ("/../sibling") there is nothing for us to see.
  if (!relative.empty() && *relative.begin() == "..") relative.clear();
  while (true) {
    visit(hierarchy / relative);
    if (relative.empty()) return;
    relative = relative.parent_path();
  }
}

/// One line of /proc/self/cgroup: "4:cpu,cpuacct:/a/b" in version 1, "0::/a/b" in version 2.
void add_cgroup(const path& mounts, const std::string& line, Machine& machine) {
  const std::size_t first = line.find(':');
  const std::size_t second = line.find(':', first == std::string::npos ? first : first + 1);
  if (second == std::string::npos) return;
  const std::string controllers = line.substr(first + 1, second - first - 1);
  const std::string group = line.substr(second + 1);
  if (controllers.empty()) {
    for (const path& hierarchy : {mounts, mounts / "unified"}) {  // beside version 1 it is mounted there
      walk_up(hierarchy, group, [&](const path& directory) {
        add_memory_limit(directory, kMemoryFiles2, machine);
        add_cpu_limit_2(directory, machine);
      });
    }
    return;
  }
  const auto has = [between = "," + controllers + ","](const std::string& name) {
    return between.find("," + name + ",") != std::string::npos;
  };
  // Mounted under the controllers' names, all together or each by its own; a minimum may be taken twice.
  if (has("memory")) {
    for (const path& hierarchy : {mounts / controllers, mounts / "memory"}) {
      walk_up(hierarchy, group, [&](const path& at) { add_memory_limit(at, kMemoryFiles1, machine); });
    }
  }
  if (has("cpu")) {
    for (const path& hierarchy : {mounts / controllers, mounts / "cpu"}) {
      walk_up(hierarchy, group, [&](const path& at) { add_cpu_limit_1(at, machine); });
    }
  }
}

std::uint32_t cores_of_process() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&set)));
  return std::max(1U, std::thread::hardware_concurrency());  // more processors than a cpu_set_t holds
}

std::optional<std::uint64_t> free_bytes(const std::string& staging) {
  std::error_code error;
  path directory = std::filesystem::absolute(staging, error);
  while (!error) {
    const std::filesystem::space_info space = std::filesystem::space(directory, error);
    if (!error) return space.available;
    const path above = directory.parent_path();
    if (error != std::errc::no_such_file_or_directory || above == directory) break;
    directory = above;
    error.clear();
  }
  return std::nullopt;
}

}  // namespace

Machine read_machine(const std::string& staging, const std::string& root) {
  Machine machine;
  machine.cores = cores_of_process();
  machine.memory_bytes = read_meminfo(root, "MemTotal:");
  machine.memory_available_bytes = read_meminfo(root, "MemAvailable:");
  std::ifstream groups(path(root) / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) add_cgroup(path(root) / "sys/fs/cgroup", line, machine);
  machine.staging_free_bytes = free_bytes(staging);
  return machine;
}

}  // namespace promfill
