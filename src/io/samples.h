#pragma once

#include <utility>

#include "bytes.h"
#include "hdrtile/image.h"

namespace hdrtile {

/// A copy with samples of another type, clamped and rounded to nearest; with `dither` noise of one step is added before
/// (triangular, the same for the same place).
[[nodiscard]] Image to_depth(const Image& image, Depth depth, bool dither = false);

/// Takes values of a float image that are no finite numbers as black, and says so.
void replace_nan(Image& samples, Warnings& warnings);

/// Colour and alpha of samples that have alpha last.
[[nodiscard]] std::pair<Image, Image> split_alpha(const Image& samples);
/// The inverse.
[[nodiscard]] Image merge_alpha(const Image& colour, const Image& alpha);

/// Colours that were multiplied by their alpha, as they are (clamped), and the other way round. What was premultiplied
/// comes back exactly, in 8 and 16 bit.
void unpremultiply(Image& colour, const Image& alpha);
[[nodiscard]] Image premultiplied(const Image& colour, const Image& alpha);

/// One channel as three equal ones.
[[nodiscard]] Image expand_grey(const Image& grey);

/// Three channels as one: exact where they are equal, luma (Rec. 601) elsewhere.
[[nodiscard]] Image to_grey(const Image& rgb);

}  // namespace hdrtile
