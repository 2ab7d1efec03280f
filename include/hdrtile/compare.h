#pragma once

#include "hdrtile/photo.h"

namespace hdrtile {

/// How two photos of one size differ, over sRGB values (wide-gamut files are converted first). Where one of them has
/// alpha, PSNR and the largest difference count that, too.
struct Comparison {
  double psnr_db = 0;       ///< over samples in [0, 1]; infinity when equal
  double ssim = 0;          ///< mean over luma, 11 x 11 Gaussian window, sigma 1.5 (Wang et al. 2004)
  double delta_e_mean = 0;  ///< CIEDE2000 (Sharma et al. 2005)
  double delta_e_max = 0;
  double max_difference = 0;  ///< largest difference of a sample, in [0, 1]
};

/// Throws Error{usage} when sizes differ.
[[nodiscard]] Comparison compare_photos(const Photo& a, const Photo& b);

}  // namespace hdrtile
