#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hdrtile/photo.h"

namespace hdrtile {

/// How and when a photo was taken, as its EXIF tells.
struct Shot {
  std::string camera;  ///< maker, model, serial number
  double time = 0;     ///< seconds, of the camera's clock
  double exposure =
      0;      ///< light taken, in stops: log2(time * ISO / 100 / aperture^2); the exposure bias where those miss
  Size size;  ///< upright
};

/// Empty when the photo's EXIF says too little. Throws as read_header does.
[[nodiscard]] std::optional<Shot> read_shot(std::span<const std::uint8_t> file, const std::filesystem::path& path,
                                            const DecodeLimits& limits = {});

/// Indices of the shots that by time, camera, size and exposure belong to one bracket each: three to nine exposures,
/// none twice, over more than a stop, at most 30 s from one to the next. In order of time; shots that are in none are
/// left out.
[[nodiscard]] std::vector<std::vector<std::size_t>> group_brackets(std::span<const std::optional<Shot>> shots);

/// The index of the exposure in the middle: the one that stands for its bracket.
[[nodiscard]] std::size_t middle_exposure(std::span<const Shot> bracket);

/// A photo made small, for show_same_scene: grey, 8 bit.
[[nodiscard]] Image scene_sketch(const Photo& photo);
/// Whether photos show the same thing, however exposed: their median threshold bitmaps agree once they are aligned
/// (G. Ward, Fast, Robust Image Registration for Compositing High Dynamic Range Photographs, 2003).
[[nodiscard]] bool show_same_scene(std::span<const Image> sketches);

/// One photo of a bracket: exposures are aligned to that of index `middle` by shifts (Ward 2003), what has moved is
/// taken from the middle one, and they are fused (T. Mertens, J. Kautz, F. Van Reeth, Exposure Fusion, 2007).
/// Everything but the pixels is the middle one's; exposures that do not fit it are left out with a warning. All of one
/// size.
[[nodiscard]] Photo fuse_bracket(std::vector<Photo> exposures, std::size_t middle);

}  // namespace hdrtile
