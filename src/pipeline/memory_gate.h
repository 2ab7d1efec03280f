#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

namespace hdrtile {

/// Lets photos into memory as long as there is room for all of them; one that is larger than the room goes alone.
/// Thread-safe. Outlives its passes.
class MemoryGate {
 public:
  struct Leave {
    MemoryGate* gate = nullptr;
    std::int64_t bytes = 0;
    void operator()(const void* /*pass*/) const { gate->leave(bytes); }
  };
  /// Held as long as the photo is in memory.
  using Pass = std::unique_ptr<const void, Leave>;

  /// Bytes; 0: no bound.
  explicit MemoryGate(std::int64_t room) : room_(room) {}

  /// Waits for room.
  [[nodiscard]] Pass enter(std::int64_t bytes) {
    if (room_ == 0) return {};
    std::unique_lock lock(mutex_);
    left_.wait(lock, [&] { return taken_ == 0 || taken_ + bytes <= room_; });
    taken_ += bytes;
    return {this, Leave{this, bytes}};
  }

 private:
  void leave(std::int64_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      taken_ -= bytes;
    }
    left_.notify_all();
  }

  const std::int64_t room_;
  std::mutex mutex_;
  std::condition_variable left_;
  std::int64_t taken_ = 0;
};

}  // namespace hdrtile
