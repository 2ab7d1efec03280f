#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>

#include "bounded_queue.h"
#include "stages.h"

namespace hdrtile {

/// The engines of a run and the threads that hand them photos: one a device, or as many as its engine takes photos at
/// once. All take from one queue, so a slow device does fewer photos and holds no other up.
class Inference {
 public:
  Inference(EngineSources engines, Stages& stages);

  /// One photo on the first device. False when the photo ended here.
  [[nodiscard]] bool one(Work& work);
  /// All photos of `decoded`, on all devices; to be called once. Returns when the queue is drained.
  void all(BoundedQueue<Work>& decoded, BoundedQueue<Work>& enhanced);

  /// Throws what ended a device or the run, if anything did: the first of such errors.
  void rethrow() const;

 private:
  enum class Lane : std::uint8_t { first, further };
  struct Device {
    explicit Device(EngineSource given);
    EngineSource source;       // notes how many photos the engine takes at once
    std::exception_ptr fault;  // of the engine that was to be made ahead, for the photo that needs it
    std::atomic<int> lanes{1};
    std::atomic<bool> failed{false};
  };

  [[nodiscard]] bool one(Work& work, Device& device);
  /// The engine, while the first photo is decoded.
  static void make_ahead(Device& device) noexcept;
  void serve(Device& device, BoundedQueue<Work>& decoded, BoundedQueue<Work>& enhanced, Lane lane);
  void note(const Error& error, Device& device);

  std::deque<Device> devices_;  // its elements stay where they are
  EngineSource fallback_;
  Stages& stages_;
  std::mutex noting_;  // guards the next two
  std::exception_ptr fatal_;
  std::size_t working_;  // devices that have not failed
};

}  // namespace hdrtile
