#include "core_time.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <thread>

namespace hdrtile {
namespace {

using namespace std::chrono_literals;

/// Keeps a processor busy until the calling thread has used so many ms of it: however busy the machine is.
void burn(double ms) {
  const auto used = [] {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
  };
  const double end = used() + ms;
  while (used() < end) {
  }
}

TEST(CoreTime, OfACodecIsThatOfItsThreadWithoutWaiting) {
  CoreTime times;
  const std::jthread other([] { burn(100); });
  const CoreTime::Codec codec(times);
  std::this_thread::sleep_for(50ms);
  burn(20);
  EXPECT_GE(codec.ms().value(), 20);
  EXPECT_LT(codec.ms().value(), 40);
}

TEST(CoreTime, OfTheNetworkIsThatOfAllThreadsThatAreNoCodecs) {
  CoreTime times;
  std::atomic<bool> coding = false;
  std::atomic<bool> computed = false;
  const std::jthread under_way([&] {
    const CoreTime::Codec codec(times);
    burn(30);  // before the network
    coding = true;
    while (!computed) burn(1);
  });
  while (!coding) std::this_thread::yield();
  const CoreTime::Network network(times);
  std::jthread([&] {
    const CoreTime::Codec codec(times);
    burn(150);
  }).join();
  std::jthread([] { burn(60); }).join();  // a thread of the network's that comes and goes
  burn(40);
  const auto ms = network.ms();
  computed = true;
  EXPECT_GE(ms.value(), 99.9);
  EXPECT_LT(ms.value(), 140) << "codecs used 150 ms and more";
}

TEST(CoreTime, OfTwoPhotosAtOnceIsNotTold) {
  CoreTime times;
  {
    const CoreTime::Network first(times);
    EXPECT_TRUE(first.ms());
    {
      const CoreTime::Network second(times);
      EXPECT_FALSE(second.ms());
    }
    EXPECT_FALSE(first.ms()) << "though the other has ended";
  }
  EXPECT_TRUE(CoreTime::Network(times).ms());
}

TEST(CoreTime, IsNotToldWhereACodecHasThreadsOfItsOwn) {
  CoreTime times;
  const CoreTime::Network network(times);
  {
    CoreTime::Codec codec(times);
    codec.has_threads();
    EXPECT_FALSE(codec.ms());
  }
  EXPECT_FALSE(network.ms());
  EXPECT_TRUE(CoreTime::Codec(times).ms()) << "another codec's thread is its own";
}

}  // namespace
}  // namespace hdrtile
