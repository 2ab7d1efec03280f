#include <c10/cuda/CUDACachingAllocator.h>
#include <cuda_runtime_api.h>

#include "cuda_graph.h"
#include "cuda_part.h"

namespace hdrtile {
namespace {

class LoadedCuda final : public CudaPart {
 public:
  [[nodiscard]] std::optional<GpuFacts> facts(int index) const override {
    cudaDeviceProp properties{};
    if (cudaGetDeviceProperties(&properties, index) != cudaSuccess) return std::nullopt;
    return GpuFacts{.name = properties.name,
                    .memory_bytes = static_cast<std::int64_t>(properties.totalGlobalMem),
                    .major = properties.major,
                    .minor = properties.minor};
  }

  void watch_memory(void (*refused)()) const override {
    c10::cuda::CUDACachingAllocator::attachOutOfMemoryObserver(
        [refused](std::int64_t, std::size_t, std::size_t, std::size_t) { refused(); });
  }

  void drop_cached_memory() const override { c10::cuda::CUDACachingAllocator::emptyCache(); }

  [[nodiscard]] Recorder graph_recorder() const override { return cuda_graph_recorder(); }
};

}  // namespace
}  // namespace hdrtile

extern "C" const hdrtile::CudaPart* hdrtile_cuda_part() {
  static const hdrtile::LoadedCuda part;
  return &part;
}
