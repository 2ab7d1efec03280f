#pragma once

#include <tiffio.h>

#include <array>
#include <vector>

#include "bytes.h"
#include "hdrtile/image.h"

namespace hdrtile::test {

/// A TIFF by libtiff.
struct TiffSpec {
  const char* name = "";
  Size size{37, 23};
  int bits = 8;
  int samples = 3;
  int photometric = PHOTOMETRIC_RGB;
  int compression = COMPRESSION_NONE;
  const char* mode = "wl";
  int tile = 0;  ///< side; 0: strips of 5 rows
  bool planar = false;
  std::vector<std::uint16_t> extra = {};
  int orientation = 1;
  int pages = 1;
  std::vector<std::pair<ttag_t, Bytes>> blocks = {};
};
/// Noise as a file of that kind stores it: rows of samples, native byte order.
Bytes stored_noise(const TiffSpec& spec);
Bytes make_tiff(const TiffSpec& spec, const Bytes& rows);

/// A DNG whose camera sees linear sRGB: an RGGB mosaic of one colour, brighter to the right.
Bytes make_dng(Size size, const std::array<double, 3>& colour, int orientation = 1);

}  // namespace hdrtile::test
