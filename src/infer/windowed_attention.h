#pragma once

#include <torch/csrc/jit/api/module.h>

#include <vector>

#include "kernels/kernels.h"

namespace hdrtile {

/// Attention with statistics of windows (models/windowed.py), by the model's own code: there are no kernels for it.
class WindowedAttention {
 public:
  /// Whether a trunk has it.
  [[nodiscard]] static bool in(const torch::jit::Module& trunk);

  /// The blocks of `trunk`, in the order in which they run. Throws NotFused where they have no attention of this kind.
  explicit WindowedAttention(const torch::jit::Module& trunk);

  /// Of block `index` for x [size][channels], to be added to it: [1, C, height, width] in FP32 with channels last.
  [[nodiscard]] at::Tensor of(std::size_t index, const float* x, kernels::Size size, int channels);

 private:
  struct Block {
    torch::jit::Module norm, attention;
  };
  std::vector<Block> blocks_;
};

}  // namespace hdrtile
