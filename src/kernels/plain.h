#pragma once

#include <vector>

#include "pack.h"

/// The plain twins of the kernels: the same results, to rounding, by loops that follow the definitions. For tests.
namespace hdrtile::kernels::plain {

/// x [height][width][channels]; the result has the same shape.
[[nodiscard]] std::vector<float> half_block(const HalfBlockWeights& weights, const std::vector<float>& x, Size size);

/// inputs[i] [height][width][in_channels[i]]; the result is where `placing` says.
[[nodiscard]] std::vector<float> convolve(const ConvolutionWeights& weights, const std::vector<float> (&inputs)[2],
                                          Size size, Placing placing, int factor);

}  // namespace hdrtile::kernels::plain
