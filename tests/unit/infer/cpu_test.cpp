#include "cpu.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

#include "hdrtile/cores.h"
#include "model_factory.h"

namespace hdrtile {
namespace {

TEST(Bf16, IsFasterByAmxAndByAvx512OfOthersThanIntel) {
  const std::vector<std::string> with_amx = {"avx512f", "avx512_bf16", "amx_bf16"};
  const std::vector<std::string> without = {"avx512f", "avx512_bf16"};
  EXPECT_TRUE(gains_by_bf16(with_amx, "GenuineIntel"));
  EXPECT_FALSE(gains_by_bf16(without, "GenuineIntel"));
  EXPECT_TRUE(gains_by_bf16(without, "AuthenticAMD"));
  EXPECT_FALSE(gains_by_bf16({"avx512f"}, "AuthenticAMD"));
}

TEST(CgroupCpuQuota, TakesTheTightestGroupOnTheWayUp) {
  const test::TempFolder root;
  std::filesystem::create_directories(root / "outer/inner");
  (void)root.file("150000 100000\n", "outer/cpu.max");
  (void)root.file("400000 100000\n", "outer/inner/cpu.max");
  EXPECT_DOUBLE_EQ(cgroup_cpu_quota(root / "", "0::/outer/inner\n").value(), 1.5);
}

TEST(CgroupCpuQuota, IsNoneWithoutALimit) {
  const test::TempFolder root;
  (void)root.file("max 100000\n", "cpu.max");
  EXPECT_FALSE(cgroup_cpu_quota(root / "", "0::/\n"));
  EXPECT_FALSE(cgroup_cpu_quota(root / "", ""));
}

TEST(CgroupCpuQuota, ReadsVersion1) {
  const test::TempFolder root;
  std::filesystem::create_directories(root / "cpu,cpuacct/job");
  (void)root.file("300000\n", "cpu,cpuacct/job/cpu.cfs_quota_us");
  (void)root.file("100000\n", "cpu,cpuacct/job/cpu.cfs_period_us");
  EXPECT_DOUBLE_EQ(cgroup_cpu_quota(root / "", "5:memory:/job\n4:cpu,cpuacct:/job\n").value(), 3.0);
}

TEST(PhysicalCores, ThreadsOfOneCoreCountOnce) {
  const test::TempFolder root;
  for (const auto& [name, siblings] : {std::pair{"cpu0", "0,2"}, {"cpu1", "1,3"}, {"cpu2", "0,2"}, {"cpu3", "1,3"}}) {
    std::filesystem::create_directories(root / name / "topology");
    (void)root.file(std::string(siblings) + "\n", std::string(name) + "/topology/thread_siblings_list");
  }
  EXPECT_EQ(physical_cores({0, 1, 2, 3}, root / ""), 2);
  EXPECT_EQ(physical_cores({0, 2}, root / ""), 1);
  EXPECT_EQ(physical_cores({0, 3}, root / ""), 2);
  EXPECT_EQ(physical_cores({0, 7, 8}, root / ""), 3) << "two that the system does not tell of";
}

TEST(UsableCores, AreThoseOfTheAffinity) {
  EXPECT_GE(usable_cores(), 1);
  std::thread([] {
    cpu_set_t one;
    ASSERT_EQ(sched_getaffinity(0, sizeof(one), &one), 0);
    const int last = [&] {
      for (int i = CPU_SETSIZE - 1; i > 0; --i) {
        if (CPU_ISSET(i, &one)) return i;
      }
      return 0;
    }();
    CPU_ZERO(&one);
    CPU_SET(last, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    EXPECT_EQ(usable_cores(), 1);
  }).join();
}

TEST(AllowedThreads, AreThoseThatAreAskedForWithoutALimit) {
  EXPECT_EQ(allowed_threads(0), 0);
  EXPECT_EQ(allowed_threads(5), 5);
}

}  // namespace
}  // namespace hdrtile
