#pragma once

#include <filesystem>

#include "hdrtile/error.h"
#include "metadata.h"

namespace hdrtile {

/// What a file's head says, as stored (not turned upright).
struct FileHead {
  Size size;
  Depth depth = Depth::u8;
  int channels = 3;  ///< of colour: 1 grey, 3 RGB, 4 CMYK
  bool alpha = false;
  int orientation = 1;  ///< of the samples, as EXIF counts, 1..8
  Metadata metadata;
  Warnings warnings;
};

/// A file's own samples, as stored.
struct DecodedFile {
  FileHead head;
  Image pixels;  ///< head.channels of head.depth; CMYK counts ink: 0 none, 255 full
  Image alpha;   ///< one channel; empty when there is none
};

/// Pixels for people: "268 megapixels", and small numbers, which that would round to nothing, as they are.
[[nodiscard]] inline std::string format_pixels(std::int64_t pixels) {
  constexpr std::int64_t mega = 1'000'000;
  return pixels < 10 * mega ? std::to_string(pixels) + " pixels" : std::to_string(pixels / mega) + " megapixels";
}

/// The check every decoder makes before it takes memory for pixels.
inline void check_size(Size size, const std::filesystem::path& path, const DecodeLimits& limits) {
  const std::int64_t pixels = static_cast<std::int64_t>(size.width) * size.height;
  if (pixels <= limits.max_pixels) return;
  throw Error(ErrorCode::limit, path.string() + ": is too large: " + std::to_string(size.width) + " x " +
                                    std::to_string(size.height) + " pixels, the limit is " +
                                    format_pixels(limits.max_pixels) + "; make it smaller");
}

/// Of the numbers of transfers in ITU-T H.273.
[[nodiscard]] constexpr bool is_hdr_transfer(int number) noexcept {
  constexpr int pq = 16;
  constexpr int hlg = 18;
  return number == pq || number == hlg;
}

[[noreturn]] inline void refuse_hdr(const std::filesystem::path& path) {
  throw Error(ErrorCode::unsupported,
              path.string() + ": is HDR (PQ or HLG), which hdrtile does not take; export it as SDR");
}

/// The check of codecs whose files name their transfer by number.
inline void check_transfer(int number, const std::filesystem::path& path) {
  if (is_hdr_transfer(number)) refuse_hdr(path);
}

}  // namespace hdrtile
