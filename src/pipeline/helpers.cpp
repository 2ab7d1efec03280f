#include "helpers.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>

#include "threads.h"

namespace hdrtile {

void Helpers::run(int count, const std::function<void(int index)>& task) {
  std::atomic<int> next = 0;
  std::mutex telling;  // guards the next and core_ms_
  std::exception_ptr failure;
  const auto take = [&] {
    try {
      for (int i = next++; i < count; i = next++) task(i);
    } catch (...) {
      next = count;
      const std::lock_guard lock(telling);
      if (!failure) failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> others;
    const auto help = [&] {
      const CoreTime::Codec core(times_);
      take();
      const std::lock_guard lock(telling);
      core_ms_ += core.ms().value_or(0);
    };
    while (std::cmp_less(others.size() + 1, std::min(threads_, count)) && start(others, help)) {
    }
    take();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace hdrtile
