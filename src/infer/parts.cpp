#include "parts.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>

#include "kernels/pack.h"

#ifndef _OPENMP
#error "without OpenMP LibTorch's parallel_for runs on one thread"
#endif

namespace hdrtile {

void share(int count, std::size_t scratch_floats, const std::function<void(int index, float* scratch)>& task) {
  at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
    thread_local kernels::Floats scratch;
    float* room = scratch.require(scratch_floats);
    for (std::int64_t i = begin; i < end; ++i) task(static_cast<int>(i), room);
  });
}

void share_rows(int height, std::size_t scratch_floats,
                const std::function<void(int begin, int end, float* scratch)>& task) {
  constexpr int fewest = 8;  // fused rows need one above and one below, computed twice
  const int threads = std::max(at::get_num_threads(), 1);
  const int rows = std::max((height + threads - 1) / threads, fewest);
  share((height + rows - 1) / rows, scratch_floats,
        [&](int i, float* scratch) { task(i * rows, std::min((i + 1) * rows, height), scratch); });
}

}  // namespace hdrtile
