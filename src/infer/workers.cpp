#include "workers.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "kernels/pack.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace hdrtile {
namespace {

/// Waits until `value` is another than `old`: awake for some ten microseconds, about as long as a layer takes, then
/// asleep.
template <typename T>
T wait_for_change(const std::atomic<T>& value, T old) {
  constexpr int spins = 1000;
  for (int i = 0; i < spins; ++i) {
    if (const T now = value.load(std::memory_order_acquire); now != old) return now;
#if defined(__x86_64__)
    _mm_pause();
#endif
  }
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

}  // namespace

Workers::Workers(int threads) {
  try {
    for (int i = 1; i < threads; ++i) others_.emplace_back([this] { serve(); });
  } catch (const std::system_error&) {  // a limit on threads: those that are there do all of it
  }
}

Workers::~Workers() {
  ends_ = true;
  ++number_;
  number_.notify_all();
}

void Workers::share(int count, std::size_t scratch_floats, const Task& task) {
  if (count < 1) return;
  count_ = count;
  scratch_floats_ = scratch_floats;
  task_ = &task;
  failure_ = nullptr;
  if (count == 1 || others_.empty()) {
    for (int i = 0; i < count; ++i) run(i);
  } else {
    done_.store(0, std::memory_order_relaxed);
    const std::uint32_t number = number_.load(std::memory_order_relaxed) + 1;
    left_.store(std::uint64_t{number} << 32U | static_cast<std::uint32_t>(count), std::memory_order_release);
    number_.store(number, std::memory_order_release);
    number_.notify_all();
    work(number);
    for (int done = done_.load(std::memory_order_acquire); done != count;) done = wait_for_change(done_, done);
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Workers::share_rows(int height, std::size_t scratch_floats,
                         const std::function<void(int begin, int end, float* scratch)>& task) {
  constexpr int fewest = 8;  // fused rows need one above and one below, computed twice
  const int rows = std::max((height + threads() - 1) / threads(), fewest);
  share((height + rows - 1) / rows, scratch_floats,
        [&](int i, float* scratch) { task(i * rows, std::min((i + 1) * rows, height), scratch); });
}

void Workers::serve() {
  std::uint32_t seen = 0;
  for (;;) {
    seen = wait_for_change(number_, seen);
    if (ends_) return;
    work(seen);
  }
}

void Workers::work(std::uint32_t number) {
  std::uint64_t left = left_.load(std::memory_order_acquire);
  for (;;) {
    const auto tasks = static_cast<std::uint32_t>(left);
    if (left >> 32U != number || tasks == 0) return;
    if (!left_.compare_exchange_weak(left, left - 1, std::memory_order_acq_rel)) continue;
    const int count = count_;
    run(count - static_cast<int>(tasks));
    if (done_.fetch_add(1, std::memory_order_acq_rel) + 1 == count) done_.notify_one();
    left = left_.load(std::memory_order_acquire);
  }
}

void Workers::run(int index) {
  try {
    thread_local kernels::Floats scratch;
    (*task_)(index, scratch.require(scratch_floats_));
  } catch (...) {
    const std::lock_guard lock(failing_);
    if (!failure_) failure_ = std::current_exception();
  }
}

}  // namespace hdrtile
