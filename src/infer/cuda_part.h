#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "graphed_forward.h"

namespace hdrtile {

struct GpuFacts {
  std::string name;
  std::int64_t memory_bytes = 0;
  int major = 0, minor = 0;  ///< of the architecture
};

/// What hdrtile wants of LibTorch's CUDA half beyond what LibTorch hands on itself. A library of its own, which is
/// loaded where there is a driver: linked to the program, LibTorch's CUDA half would take 0.2 s and 350 MB of mapped
/// files at every start, on any machine.
class CudaPart {
 public:
  virtual ~CudaPart() = default;
  /// Empty where that GPU does not answer.
  [[nodiscard]] virtual std::optional<GpuFacts> facts(int index) const = 0;
  /// From now on `refused` is called, by the thread that asked, when the caching allocator has no memory to give.
  virtual void watch_memory(void (*refused)()) const = 0;
  /// Gives memory back that LibTorch has freed and kept.
  virtual void drop_cached_memory() const = 0;
  /// CUDA graphs on the current device.
  [[nodiscard]] virtual Recorder graph_recorder() const = 0;
};

/// Loads it when it is first called, which must be before LibTorch is asked for GPUs. Null: hdrtile was built without
/// CUDA, there is no driver, or the library cannot be loaded; then `reason` says so. Thread-safe.
[[nodiscard]] const CudaPart* cuda_part(std::string& reason);
/// The same where the reason does not matter.
[[nodiscard]] const CudaPart* cuda_part();

}  // namespace hdrtile

/// The library's own.
extern "C" const hdrtile::CudaPart* hdrtile_cuda_part();
