#pragma once

#include <span>
#include <vector>

#include "kernels.h"

namespace hdrtile::kernels {

/// The cells of a guide for a small photo: each covers 6 x 6 pixels of it.
[[nodiscard]] Size guide_size(Size photo) noexcept;

/// tone.fit_guide() of models/tone.py, on one thread, to rounding: the bilateral grid of local affine tone that turns
/// a photo into its wanted picture best (after bilateral guided upsampling, Chen et al. 2016). Both are planes
/// [3][size], `depth` is the grid's steps of luma. The result is [6][depth][guide_size().height][guide_size().width],
/// slopes before offsets.
[[nodiscard]] std::vector<float> fit_guide(std::span<const float> photo, std::span<const float> wanted, Size size,
                                           int depth);

}  // namespace hdrtile::kernels
