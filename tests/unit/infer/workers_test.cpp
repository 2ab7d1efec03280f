#include "workers.h"

#include <gtest/gtest.h>

#include <latch>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace hdrtile {
namespace {

TEST(Workers, ShareTasksAmongSeveralThreads) {
  Workers workers(3);
  std::mutex guard;
  std::set<std::thread::id> threads;
  std::latch all(3);  // nobody takes a second task before each has one
  workers.share(3, 0, [&](int, float*) {
    all.arrive_and_wait();
    const std::lock_guard lock(guard);
    threads.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(threads.size(), 3U);
}

TEST(Workers, RunEveryTaskOnceInWorkAfterWork) {
  for (const int threads : {1, 2, 5}) {
    Workers workers(threads);
    for (int round = 0; round < 2000; ++round) {
      const int count = round % 7;
      std::vector<int> seen(count);  // each task has its own
      workers.share(count, 0, [&](int i, float*) { ++seen.at(i); });
      ASSERT_EQ(seen, std::vector<int>(count, 1)) << threads << " threads, round " << round;
    }
  }
}

TEST(Workers, CoverEachRowOnce) {
  for (const int threads : {1, 2, 3}) {
    Workers workers(threads);
    std::mutex guard;
    std::vector<int> seen(37);
    workers.share_rows(37, 0, [&](int begin, int end, float*) {
      const std::lock_guard lock(guard);
      for (int y = begin; y < end; ++y) ++seen[y];
    });
    EXPECT_EQ(seen, std::vector<int>(37, 1)) << threads << " threads";
  }
}

TEST(Workers, WaitAsleepForWorkThatComesLate) {
  Workers workers(2);
  for (int round = 0; round < 3; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    std::atomic<int> ran = 0;
    workers.share(2, 0, [&](int, float*) { ++ran; });
    EXPECT_EQ(ran, 2);
  }
}

TEST(Workers, ThrowWhatATaskThrewAndGoOnAfterwards) {
  Workers workers(2);
  EXPECT_THROW(workers.share(4, 0,
                             [](int i, float*) {
                               if (i == 2) throw std::runtime_error("of a task");
                             }),
               std::runtime_error);
  std::atomic<int> ran = 0;
  workers.share(4, 0, [&](int, float*) { ++ran; });
  EXPECT_EQ(ran, 4);
}

TEST(Workers, HandEachTaskScratchThatIsItsOwn) {
  Workers workers(2);
  std::latch both(2);
  std::vector<float*> given(2);
  workers.share(2, 100, [&](int i, float* scratch) {
    given.at(i) = scratch;
    both.arrive_and_wait();
  });
  EXPECT_NE(given[0], given[1]);
}

}  // namespace
}  // namespace hdrtile
