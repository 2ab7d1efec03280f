#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/api/module.h>

namespace hdrtile {

/// Half a block of a contextual Restormer: x + project(middle(depthwise3x3(expand(norm(x))))), the operator
/// hdrtile::half_block. On a GPU a fused kernel where there is one (FP16, channels last, widths of up to 96), else, and
/// on other devices, plain_half_block.
///   x        [B, C, H, W]
///   norm     weight and bias [C] of a LayerNorm over channels
///   expand   [E, C, 1, 1], filters [E, 1, 3, 3]; project [C, hidden] or [C, hidden, 1, 1]
///   gated    E is 2 * hidden, and the middle GELU(first half) * second half; else E is hidden, and the middle nothing
[[nodiscard]] at::Tensor half_block(const at::Tensor& x, const at::Tensor& norm_weight, const at::Tensor& norm_bias,
                                    const at::Tensor& expand, const at::Tensor& filters, const at::Tensor& project,
                                    bool gated);

/// The same by ATen's operators.
[[nodiscard]] at::Tensor plain_half_block(const at::Tensor& x, const at::Tensor& norm_weight,
                                          const at::Tensor& norm_bias, const at::Tensor& expand,
                                          const at::Tensor& filters, const at::Tensor& project, bool gated);

/// Makes blocks of models/restormer.py call the operator where they are given mixing matrices, and gives how many will:
/// those that are built as the published ones, without biases. What calls them without matrices (prepare()) does not
/// work afterwards, so `module` must be a copy for the tile pass. To be called before it has run.
int use_half_blocks(torch::jit::Module& module);

}  // namespace hdrtile
