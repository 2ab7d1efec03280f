#pragma once

#include <span>
#include <vector>

namespace hdrtile {

/// The mixing matrix of MDTA, output projection times attention (models/attention.py), [channels][channels], from the
/// sums that Kernels::gram takes over a tile. temperature [heads]; project_out [channels][channels].
[[nodiscard]] std::vector<float> mixing_matrix(std::span<const float> sums, std::span<const float> temperature,
                                               std::span<const float> project_out, int channels);

}  // namespace hdrtile
