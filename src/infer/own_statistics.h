#pragma once

#include <torch/csrc/jit/api/module.h>

#include <vector>

#include "kernels/kernels.h"

namespace hdrtile {

/// The attention of a plain Restormer takes statistics over all the pixels it is given: its mixing matrix, or the whole
/// of it where it is one of windows, comes from the model's own code, as it stands in models/attention.py and
/// windowed.py.
class OwnStatistics {
 public:
  /// The blocks of `trunk`, in the order in which they run. Throws NotFused where they have no attention of this kind.
  explicit OwnStatistics(const torch::jit::Module& trunk);

  [[nodiscard]] std::size_t blocks() const noexcept { return blocks_.size(); }

  /// The attention of block `index` for x [size][channels]: a mixing matrix [1, C, C] in FP32; or, with windows, what
  /// is to be added to x, [1, C, height, width] in FP32 with channels last.
  [[nodiscard]] at::Tensor of(std::size_t index, const float* x, kernels::Size size, int channels);

 private:
  struct Block {
    torch::jit::Module norm, attention;
  };
  std::vector<Block> blocks_;
};

}  // namespace hdrtile
