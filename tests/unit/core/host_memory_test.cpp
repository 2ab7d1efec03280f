#include "host_memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "hdrtile/memory_plan.h"

namespace hdrtile {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t mib = 1 << 20;

/// A /proc and a /sys of its own.
class HostMemory : public ::testing::Test {
 protected:
  HostMemory() { write("proc/meminfo", "MemTotal: 16777216 kB\nMemFree: 1024 kB\nMemAvailable: 8388608 kB\n"); }
  ~HostMemory() override { fs::remove_all(root_); }

  void write(const std::string& name, const std::string& text) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  [[nodiscard]] std::int64_t memory_mib() const { return host_memory(root_) / mib; }

  fs::path root_ = fs::temp_directory_path() / ("hdrtile_host_memory_" + std::to_string(getpid()) + "_" +
                                                ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(HostMemory, IsWhatTheMachineHasWhateverIsFree) {
  EXPECT_EQ(memory_mib(), 16384);
  write("proc/meminfo", "MemTotal: 16777216 kB\nMemFree: 1 kB\nMemAvailable: 2 kB\n");
  EXPECT_EQ(memory_mib(), 16384);
}

TEST_F(HostMemory, IsBoundByCgroupV2WhateverItUses) {
  write("proc/self/cgroup", "0::/app.slice/app\n");
  write("sys/fs/cgroup/app.slice/app/memory.max", "2147483648\n");
  for (const char* used : {"1\n", "1073741824\n", "4000000000\n"}) {
    write("sys/fs/cgroup/app.slice/app/memory.current", used);
    EXPECT_EQ(memory_mib(), 2048);
  }
}

TEST_F(HostMemory, AParentGroupBindsToo) {
  write("proc/self/cgroup", "0::/app.slice/app\n");
  write("sys/fs/cgroup/app.slice/memory.max", "1073741824\n");
  write("sys/fs/cgroup/app.slice/app/memory.max", "max\n");
  EXPECT_EQ(memory_mib(), 1024);
}

TEST_F(HostMemory, IsBoundByCgroupV1InAContainerThatSeesItsOwnGroupAsTop) {
  write("proc/self/cgroup", "5:cpu,cpuacct:/docker/12ab\n4:memory:/docker/12ab\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "3221225472\n");
  EXPECT_EQ(memory_mib(), 3072);
}

TEST(HostMemoryHere, IsMoreThanNothing) { EXPECT_GT(host_memory(), mib); }

}  // namespace
}  // namespace hdrtile
