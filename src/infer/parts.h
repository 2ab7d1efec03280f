#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>

#include "kernels/pack.h"

namespace hdrtile {

/// Shares the tasks [0, count) among LibTorch's threads: task(index, scratch of the thread).
template <typename Task>
void share(int count, std::size_t scratch_floats, const Task& task) {
  at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
    thread_local kernels::Floats scratch;
    float* room = scratch.require(scratch_floats);
    for (std::int64_t i = begin; i < end; ++i) task(static_cast<int>(i), room);
  });
}

/// Shares rows [0, height) among LibTorch's threads: task(first row, end, scratch of the thread).
template <typename Task>
void share_rows(int height, std::size_t scratch_floats, const Task& task) {
  constexpr int fewest = 8;  // fused rows need one above and one below, computed twice
  const int threads = std::max(at::get_num_threads(), 1);
  const int rows = std::max((height + threads - 1) / threads, fewest);
  share((height + rows - 1) / rows, scratch_floats,
        [&](int i, float* scratch) { task(i * rows, std::min((i + 1) * rows, height), scratch); });
}

}  // namespace hdrtile
