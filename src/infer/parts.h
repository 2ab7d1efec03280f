#pragma once

#include <cstddef>
#include <functional>

namespace hdrtile {

/// Shares the tasks [0, count) among LibTorch's threads: task(index, scratch of the thread).
void share(int count, std::size_t scratch_floats, const std::function<void(int index, float* scratch)>& task);

/// Shares rows [0, height) among LibTorch's threads: task(first row, end, scratch of the thread).
void share_rows(int height, std::size_t scratch_floats,
                const std::function<void(int begin, int end, float* scratch)>& task);

}  // namespace hdrtile
