#include "block_pool.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <string>

namespace hdrtile {
namespace {

constexpr std::int64_t mib = 1 << 20;

at::Tensor block(std::int64_t mebibytes) { return at::empty({mebibytes * mib}, at::kByte); }

/// Pages that the system has mapped for this process so far, in MiB.
std::int64_t resident_mib() {
  std::ifstream file("/proc/self/statm");
  std::int64_t all = 0;
  std::int64_t resident = 0;
  file >> all >> resident;
  return resident * 4096 / mib;
}

class BlockPool : public testing::Test {
 protected:
  void SetUp() override { pool_large_blocks(); }
};

TEST_F(BlockPool, GivesALargeBlockThatWasFreedToWhoAsksForOneAsLargeOrALittleSmaller) {
  const void* first = nullptr;
  {
    const at::Tensor large = block(200);
    first = large.data_ptr();
  }
  const at::Tensor again = block(150);
  EXPECT_EQ(again.data_ptr(), first);
  EXPECT_NE(block(200).data_ptr(), first) << "it is in use";
}

TEST_F(BlockPool, DoesNotSpendALargeBlockOnASmallOne) {
  const void* large = nullptr;
  {
    const at::Tensor freed = block(250);
    large = freed.data_ptr();
  }
  EXPECT_NE(block(64).data_ptr(), large);
}

TEST_F(BlockPool, KeepsNoMoreThanItsBound) {
  const std::int64_t before = resident_mib();
  for (const std::int64_t size : {400, 450, 500, 350, 480, 420}) block(size).fill_(1);
  EXPECT_LE(resident_mib() - before, 520);
}

TEST_F(BlockPool, TakesBlocksOfEverySizeBack) {
  for (int i = 0; i < 100; ++i) {
    at::Tensor small = block(1).fill_(2);
    at::Tensor large = block(40).fill_(3);
    large.resize_({80 * mib});
    EXPECT_EQ(large[mib].item<int>(), 3);
    small.resize_({64 * mib});
    EXPECT_EQ(small[0].item<int>(), 2);
  }
}

}  // namespace
}  // namespace hdrtile
