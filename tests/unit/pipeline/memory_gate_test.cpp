#include "memory_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace hdrtile {
namespace {

TEST(MemoryGate, LetsInWhatThereIsRoomForAndALargerPhotoAlone) {
  MemoryGate gate(100);
  std::atomic<std::int64_t> inside = 0;
  std::atomic<std::int64_t> most = 0;
  std::atomic<bool> was_alone = true;
  std::vector<std::jthread> photos;
  for (const std::int64_t bytes : {30, 250, 60, 40, 90, 10, 250, 50}) {
    photos.emplace_back([&, bytes] {
      for (int i = 0; i < 50; ++i) {
        const auto pass = gate.enter(bytes);
        const std::int64_t now = inside += bytes;
        if (bytes > 100 && now != bytes) was_alone = false;
        std::int64_t seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        std::this_thread::yield();
        inside -= bytes;
      }
    });
  }
  photos.clear();
  EXPECT_TRUE(was_alone);
  EXPECT_EQ(most, 250);
}

TEST(MemoryGate, WithoutABoundNobodyWaits) {
  MemoryGate gate(0);
  const auto one = gate.enter(1 << 30);
  const auto two = gate.enter(1 << 30);
}

}  // namespace
}  // namespace hdrtile
