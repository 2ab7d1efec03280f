#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "half_block.h"

namespace hdrtile {

at::Tensor plain_half_block(const at::Tensor& x, const at::Tensor& norm_weight, const at::Tensor& norm_bias,
                            const at::Tensor& expand, const at::Tensor& filters, const at::Tensor& project,
                            bool gated) {
  const at::Tensor normed =
      at::layer_norm(x.permute({0, 2, 3, 1}), {x.size(1)}, norm_weight, norm_bias, 1e-5).permute({0, 3, 1, 2});
  at::Tensor middle = at::conv2d(at::conv2d(normed, expand), filters, {}, 1, 1, 1, filters.size(0));
  if (gated) {
    const auto halves = middle.chunk(2, 1);
    middle = at::gelu(halves[0]) * halves[1];
  }
  return x + at::conv2d(middle, project.view({project.size(0), project.size(1), 1, 1}));
}

}  // namespace hdrtile
