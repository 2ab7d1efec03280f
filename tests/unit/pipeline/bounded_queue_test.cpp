#include "bounded_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

namespace hdrtile {
namespace {

TEST(BoundedQueue, HandsOutInOrder) {
  BoundedQueue<int> queue(3);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(queue.push(int{i}));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(queue.pop(), i);
}

TEST(BoundedQueue, DrainsAfterCloseAndThenEnds) {
  BoundedQueue<int> queue(2);
  ASSERT_TRUE(queue.push(1));
  ASSERT_TRUE(queue.push(2));
  queue.close();
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_FALSE(queue.pop().has_value());
  EXPECT_FALSE(queue.pop().has_value());
}

TEST(BoundedQueue, LeavesARefusedItemWithTheCaller) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  queue.close();
  auto item = std::make_unique<int>(7);
  EXPECT_FALSE(queue.push(std::move(item)));
  ASSERT_NE(item, nullptr);
  EXPECT_EQ(*item, 7);
}

TEST(BoundedQueue, CloseWakesWhoWaitsForRoomAndWhoWaitsForItems) {
  BoundedQueue<int> full(1);
  BoundedQueue<int> empty(1);
  ASSERT_TRUE(full.push(1));
  bool pushed = true;
  bool popped = true;
  {
    const std::jthread producer([&] { pushed = full.push(2); });
    const std::jthread consumer([&] { popped = empty.pop().has_value(); });
    full.close();
    empty.close();
  }
  EXPECT_FALSE(pushed);
  EXPECT_FALSE(popped);
}

TEST(BoundedQueue, NeverHoldsMoreThanItsCapacity) {
  BoundedQueue<int> queue(2);
  std::atomic<int> pushed = 0;
  const std::jthread producer([&] {
    for (int i = 0; i < 500; ++i) {
      if (!queue.push(int{i})) return;
      ++pushed;
    }
    queue.close();
  });
  int popped = 0;
  while (queue.pop()) {
    ++popped;
    // In the queue at most 2, and the one just taken out.
    EXPECT_LE(pushed - popped, 2);
  }
  EXPECT_EQ(popped, 500);
}

TEST(BoundedQueue, EveryItemArrivesOnceWithManyThreads) {
  constexpr int threads = 4;
  constexpr int each = 2000;
  BoundedQueue<int> queue(3);
  std::vector<std::vector<int>> received(threads);
  {
    std::vector<std::jthread> consumers;
    for (int t = 0; t < threads; ++t) {
      consumers.emplace_back([&, t] {
        while (auto item = queue.pop()) received[t].push_back(*item);
      });
    }
    {
      std::vector<std::jthread> producers;
      for (int t = 0; t < threads; ++t) {
        producers.emplace_back([&, t] {
          for (int i = 0; i < each; ++i) EXPECT_TRUE(queue.push(t * each + i));
        });
      }
    }
    queue.close();
  }
  std::vector<int> all;
  for (const auto& some : received) all.insert(all.end(), some.begin(), some.end());
  std::ranges::sort(all);
  std::vector<int> expected(threads * each);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected);
}

}  // namespace
}  // namespace hdrtile
