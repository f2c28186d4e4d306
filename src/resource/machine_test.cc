// Goal: the machine is what /proc and control groups of either version say, the lowest limit on the way up counts, and
// what is absent or strange is no limit. Trees of files in place of /proc and /sys.
#include "resource/machine.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace promfill {
namespace {

constexpr std::uint64_t kMiB = 1ULL << 20;

class MachineOfFiles : public testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::path(testing::TempDir()) /
            (std::string("machine_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void file(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  [[nodiscard]] Machine machine() const { return read_machine(root_.string(), root_.string()); }

  std::filesystem::path root_;
};

TEST_F(MachineOfFiles, KnowsLittleWhereNothingIsSaid) {
  const Machine m = machine();
  EXPECT_GE(m.cores, 1U);
  EXPECT_FALSE(m.cpu_quota);
  EXPECT_FALSE(m.memory_bytes);
  EXPECT_FALSE(m.memory_available_bytes);
  EXPECT_FALSE(m.cgroup_memory_bytes);
  EXPECT_FALSE(m.cgroup_memory_available_bytes);
}

TEST_F(MachineOfFiles, ReadsMemoryOfTheSystem) {
  file("proc/meminfo", "MemTotal:        4096 kB\nMemFree:           12 kB\nMemAvailable:     1024 kB\n");
  EXPECT_EQ(machine().memory_bytes, 4 * kMiB);
  EXPECT_EQ(machine().memory_available_bytes, kMiB);
}

TEST_F(MachineOfFiles, TakesTheLowestLimitOnTheWayUpInVersion2) {
  file("proc/self/cgroup", "0::/user.slice/job/worker\n");
  file("sys/fs/cgroup/user.slice/job/worker/memory.max", "max\n");
  file("sys/fs/cgroup/user.slice/job/worker/cpu.max", "400000 100000\n");
  file("sys/fs/cgroup/user.slice/job/memory.max", "104857600\n");
  file("sys/fs/cgroup/user.slice/job/memory.current", "20971520\n");
  file("sys/fs/cgroup/user.slice/memory.max", "209715200\n");
  file("sys/fs/cgroup/user.slice/memory.current", "167772160\n");
  file("sys/fs/cgroup/user.slice/cpu.max", "150000 100000\n");
  file("sys/fs/cgroup/other/memory.max", "1\n");
  const Machine m = machine();
  EXPECT_EQ(m.cgroup_memory_bytes, 100 * kMiB) << "of the job";
  EXPECT_EQ(m.cgroup_memory_available_bytes, 40 * kMiB) << "the slice has less left than the job";
  EXPECT_EQ(m.cpu_quota, 1.5);
}

TEST_F(MachineOfFiles, CountsPagesOfFilesAsFree) {
  file("proc/self/cgroup", "0::/job\n");
  file("sys/fs/cgroup/job/memory.max", "104857600\n");
  file("sys/fs/cgroup/job/memory.current", "94371840\n");
  file("sys/fs/cgroup/job/memory.stat", "anon 10\nfile 62914560\ninactive_file 41943040\nactive_file 20971520\n");
  EXPECT_EQ(machine().cgroup_memory_available_bytes, 70 * kMiB);
  file("sys/fs/cgroup/job/memory.current", "1048576\n");  // read before the other
  EXPECT_EQ(machine().cgroup_memory_available_bytes, 100 * kMiB);
  file("sys/fs/cgroup/job/memory.stat", "");
  file("sys/fs/cgroup/job/memory.current", "104857601\n");  // over the limit, for a moment
  EXPECT_EQ(machine().cgroup_memory_available_bytes, 0U);
}

TEST_F(MachineOfFiles, ReadsVersion1WhereverItIsMounted) {
  file("proc/self/cgroup", "6:memory:/docker/a\n4:cpu,cpuacct:/docker/b\n1:name=systemd:/\n0::/\n");
  file("sys/fs/cgroup/memory/docker/a/memory.limit_in_bytes", "104857600\n");
  file("sys/fs/cgroup/memory/docker/a/memory.usage_in_bytes", "31457280\n");
  file("sys/fs/cgroup/memory/docker/a/memory.stat", "inactive_file 1\ntotal_inactive_file 10485760\n");
  file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  file("sys/fs/cgroup/cpu,cpuacct/docker/b/cpu.cfs_quota_us", "250000\n");
  file("sys/fs/cgroup/cpu,cpuacct/docker/b/cpu.cfs_period_us", "100000\n");
  file("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  file("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  const Machine m = machine();
  EXPECT_EQ(m.cgroup_memory_bytes, 100 * kMiB);
  EXPECT_EQ(m.cgroup_memory_available_bytes, 80 * kMiB);
  EXPECT_EQ(m.cpu_quota, 2.5);
}

TEST_F(MachineOfFiles, FindsAContainersOwnLimitUnderThePathOfTheHost) {
  file("proc/self/cgroup", "4:memory:/docker/0123abc\n0::/kubepods/pod1\n");
  file("sys/fs/cgroup/memory/memory.limit_in_bytes", "104857600\n");
  EXPECT_EQ(machine().cgroup_memory_bytes, 100 * kMiB);
  file("sys/fs/cgroup/memory.max", "52428800\n");
  EXPECT_EQ(machine().cgroup_memory_bytes, 50 * kMiB);
  file("proc/self/cgroup", "0::/../../sibling\n");
  file("sys/fs/cgroup/sibling/memory.max", "1\n");
  EXPECT_EQ(machine().cgroup_memory_bytes, 50 * kMiB) << "a path out of the namespace ends at its root";
}

TEST_F(MachineOfFiles, ReadsVersion2BesideVersion1) {
  file("proc/self/cgroup", "9:name=systemd:/\n0::/job\n");
  file("sys/fs/cgroup/unified/job/memory.max", "52428800\n");
  EXPECT_EQ(machine().cgroup_memory_bytes, 50 * kMiB);
}

TEST_F(MachineOfFiles, TakesWhatItCanNotReadForNoLimit) {
  for (const char* text :
       {"", "max", "-1", "-104857600", "lots", "12monkeys", "9223372036854771712", "99999999999999999999999"}) {
    file("proc/self/cgroup", "0::/\n3:memory:/\nnonsense\n:\n::\n");
    file("sys/fs/cgroup/memory.max", text);
    file("sys/fs/cgroup/memory/memory.limit_in_bytes", text);
    EXPECT_FALSE(machine().cgroup_memory_bytes) << text;
  }
  for (const char* text : {"", "max 100000", "100000", "0 100000", "100000 0", "-1 100000", "a b", "1 2 3"}) {
    file("sys/fs/cgroup/cpu.max", text);
    EXPECT_FALSE(machine().cpu_quota) << text;
  }
}

TEST_F(MachineOfFiles, MeasuresTheDiskOfADirectoryThatIsNotThereYet) {
  const std::string root = root_.string();
  ASSERT_TRUE(read_machine(root, root).staging_free_bytes);
  EXPECT_GT(*read_machine(root, root).staging_free_bytes, 0U);
  EXPECT_TRUE(read_machine(root + "/not/there/yet", root).staging_free_bytes);
  file("a_file", "");
  EXPECT_FALSE(read_machine(root + "/a_file/below", root).staging_free_bytes);
}

TEST(Machine, OfThisProcessIsPlausible) {
  const Machine m = read_machine(testing::TempDir());
  EXPECT_GE(m.cores, 1U);
  ASSERT_TRUE(m.memory_bytes);
  EXPECT_GT(*m.memory_bytes, 64 * kMiB);
  EXPECT_LE(m.memory_available_bytes.value_or(0), *m.memory_bytes);
  EXPECT_EQ(m.cgroup_memory_bytes.has_value(), m.cgroup_memory_available_bytes.has_value());
  EXPECT_LE(m.cgroup_memory_available_bytes.value_or(0), m.cgroup_memory_bytes.value_or(0));
  EXPECT_TRUE(m.staging_free_bytes);
}

}  // namespace
}  // namespace promfill
