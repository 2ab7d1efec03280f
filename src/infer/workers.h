#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace hdrtile {

/// Threads that share one piece of work at a time, which is over in a millisecond or less. OpenMP's would do, were the
/// machine theirs alone: they spin for several milliseconds before they sleep, and a share is tied to its thread. Where
/// other programs, or the threads that decode and encode, want the same cores, all wait for one that is not being run:
/// beside two busy processes on two cores a photo took two to five times as long. These sleep after some ten
/// microseconds, and who is there first takes the next task.
class Workers {
 public:
  /// task(index, scratch of the thread: floats, aligned to 64 bytes)
  using Task = std::function<void(int index, float* scratch)>;

  /// `threads`, at least 1, counts the one that calls share(). Fewer where the system refuses more.
  explicit Workers(int threads);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  [[nodiscard]] int threads() const noexcept { return static_cast<int>(others_.size()) + 1; }

  /// Runs the tasks [0, count) and returns when all are done; throws what the first that failed threw. One call at a
  /// time.
  void share(int count, std::size_t scratch_floats, const Task& task);

  /// The same of rows [0, height): task(first row, end, scratch).
  void share_rows(int height, std::size_t scratch_floats,
                  const std::function<void(int begin, int end, float* scratch)>& task);

 private:
  void serve();
  /// Takes tasks of the work numbered `number` for as long as there are any.
  void work(std::uint32_t number);
  void run(int index);

  std::atomic<std::uint32_t> number_ = 0;  // of the current work
  std::atomic<bool> ends_ = false;
  // Number and tasks left in one word: who comes late to work that is over takes nothing of the next.
  std::atomic<std::uint64_t> left_ = 0;
  std::atomic<int> done_ = 0;
  // Of the current work; read only by who has taken a task of it.
  int count_ = 0;
  std::size_t scratch_floats_ = 0;
  const Task* task_ = nullptr;
  std::mutex failing_;
  std::exception_ptr failure_;
  std::vector<std::jthread> others_;  // last: they have ended before what they use goes
};

}  // namespace hdrtile
