#pragma once

#include <span>

#include "kernels.h"

namespace hdrtile::kernels {

/// tone.fuse() of models/tone.py, on one thread: the exposure fusion (Mertens et al. 2007) of a bracket made from
/// linear light. linear and fused are planes [3][size]; fused lies in [0, 1]. To rounding the same: where a photo is so
/// even that nothing but rounding tells its exposures apart, as little as that decides. Any size from one pixel up.
void fuse_exposures(std::span<const float> linear, Size size, std::span<float> fused);

}  // namespace hdrtile::kernels
