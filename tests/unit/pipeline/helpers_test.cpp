#include "helpers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace hdrtile {
namespace {

TEST(Helpers, ShareTasksWithTheCaller) {
  CoreTime times;
  Helpers helpers(3, times);
  std::mutex guard;
  std::set<std::thread::id> threads;
  std::latch all(3);  // nobody takes a second task before each has one
  helpers.run(3, [&](int) {
    all.arrive_and_wait();
    const std::lock_guard lock(guard);
    threads.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(threads.size(), 3U);
  EXPECT_TRUE(threads.contains(std::this_thread::get_id()));
}

TEST(Helpers, RunEveryTaskOnce) {
  CoreTime times;
  for (const int threads : {1, 2, 5}) {
    Helpers helpers(threads, times);
    for (const int count : {0, 1, 3, 100}) {
      std::vector<std::atomic<int>> runs(count);
      helpers.run(count, [&](int i) { ++runs[i]; });
      for (const auto& times_run : runs) EXPECT_EQ(times_run, 1);
    }
  }
}

TEST(Helpers, ThrowWhatATaskThrewAndStartNoMore) {
  CoreTime times;
  Helpers helpers(2, times);
  std::atomic<int> started = 0;
  EXPECT_THROW(helpers.run(1000,
                           [&](int) {
                             ++started;
                             throw std::runtime_error("no");
                           }),
               std::runtime_error);
  EXPECT_LE(started, 2);
}

/// Processor time of others than the caller, which is told as a codec's and not as the network's.
TEST(Helpers, TellWhatTheyUse) {
  CoreTime times;
  Helpers helpers(2, times);
  const CoreTime::Network network(times);
  std::latch both(2);
  const auto caller = std::this_thread::get_id();
  helpers.run(2, [&](int) {
    both.arrive_and_wait();
    if (std::this_thread::get_id() == caller) return;
    const CoreTime::Codec codec(times);
    while (codec.ms().value() < 20) {
    }
  });
  EXPECT_GE(helpers.core_ms(), 20);
  EXPECT_LT(network.ms().value(), 20);
}

}  // namespace
}  // namespace hdrtile
