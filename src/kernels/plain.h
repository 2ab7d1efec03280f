#pragma once

#include <vector>

#include "pack.h"

/// The plain twins of the kernels: the same results, to rounding, by loops that follow the definitions. For tests.
namespace hdrtile::kernels::plain {

/// x [height][width][channels]; the result has the same shape.
[[nodiscard]] std::vector<float> half_block(const HalfBlockWeights& weights, const std::vector<float>& x, Size size);

/// What Kernels::gram adds to the sums, over the whole image.
[[nodiscard]] std::vector<float> gram(const HalfBlockWeights& weights, int heads, const std::vector<float>& x,
                                      Size size);

/// inputs[i] [height][width][in_channels[i]]; the result is where `placing` says.
[[nodiscard]] std::vector<float> convolve(const ConvolutionWeights& weights, const std::vector<float> (&inputs)[2],
                                          Size size, Placing placing, int factor);

/// guide [6][depth][grid.height][grid.width]; tile and result [size][3].
[[nodiscard]] std::vector<float> apply_guide(const std::vector<float>& guide, int depth, Size grid, Place place,
                                             const std::vector<float>& tile, Size size);

/// What Kernels::shrink_band subtracts from the result, and the smooth image.
struct Band {
  std::vector<float> smooth, taken;
};
[[nodiscard]] Band shrink_band(const std::vector<float>& coarse, const std::vector<float>& gains, int step, Size size);

}  // namespace hdrtile::kernels::plain
