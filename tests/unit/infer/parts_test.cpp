#include "parts.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace hdrtile {
namespace {

class Parts : public testing::Test {
 protected:
  ~Parts() override { at::set_num_threads(before_); }
  int before_ = at::get_num_threads();
};

TEST_F(Parts, AreTakenBySeveralThreads) {
  at::set_num_threads(2);
  std::mutex guard;
  std::set<std::thread::id> threads;
  share(2, 0, [&](int, float*) {
    const std::lock_guard lock(guard);
    threads.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(threads.size(), 2U);
}

TEST_F(Parts, OfRowsCoverEachOnce) {
  for (const int count : {1, 2, 3}) {
    at::set_num_threads(count);
    std::mutex guard;
    std::vector<int> seen(37);
    share_rows(37, 0, [&](int begin, int end, float*) {
      const std::lock_guard lock(guard);
      for (int y = begin; y < end; ++y) ++seen[y];
    });
    EXPECT_EQ(seen, std::vector<int>(37, 1)) << count << " threads";
  }
}

}  // namespace
}  // namespace hdrtile
