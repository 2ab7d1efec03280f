#include "tiffs.h"

#include <cmath>
#include <cstring>

#include "exif.h"
#include "tiff_exif.h"
#include "tiff_file.h"

namespace hdrtile::test {

Bytes stored_noise(const TiffSpec& spec) {
  const std::size_t row = (static_cast<std::size_t>(spec.size.width) * spec.samples * spec.bits + 7) / 8;
  Bytes bytes(row * spec.size.height);
  unsigned state = 7;
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>((state = state * 1664525U + 1013904223U) >> 24U);
  if (spec.bits != 32) return bytes;
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    const float value = static_cast<float>(bytes[i]) / 200 - 0.1F;  // some outside [0, 1]
    std::memcpy(bytes.data() + i, &value, 4);
  }
  return bytes;
}

Bytes make_tiff(const TiffSpec& spec, const Bytes& rows) {
  Bytes file;
  TiffFile tiff(file, spec.mode);
  TIFF* const t = tiff.get();
  const std::size_t row_bytes = rows.size() / spec.size.height;
  for (int page = 0; page < spec.pages; ++page) {
    TIFFSetField(t, TIFFTAG_IMAGEWIDTH, spec.size.width);
    TIFFSetField(t, TIFFTAG_IMAGELENGTH, spec.size.height);
    TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, spec.bits);
    TIFFSetField(t, TIFFTAG_SAMPLEFORMAT, spec.bits == 32 ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
    TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, spec.samples);
    TIFFSetField(t, TIFFTAG_PHOTOMETRIC, spec.photometric);
    TIFFSetField(t, TIFFTAG_PLANARCONFIG, spec.planar ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    TIFFSetField(t, TIFFTAG_COMPRESSION, spec.compression);
    TIFFSetField(t, TIFFTAG_ORIENTATION, spec.orientation);
    if (!spec.extra.empty())
      TIFFSetField(t, TIFFTAG_EXTRASAMPLES, static_cast<int>(spec.extra.size()), spec.extra.data());
    if (spec.photometric == PHOTOMETRIC_PALETTE) {
      std::vector<std::uint16_t> ramp(1U << spec.bits);
      for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<std::uint16_t>(i * 65535 / (ramp.size() - 1));
      TIFFSetField(t, TIFFTAG_COLORMAP, ramp.data(), ramp.data(), ramp.data());
    }
    for (const auto& [tag, data] : spec.blocks)
      TIFFSetField(t, tag, static_cast<std::uint32_t>(data.size()), data.data());
    const int planes = spec.planar ? spec.samples : 1;
    const std::size_t sample = static_cast<std::size_t>(spec.bits) / 8;
    const std::size_t in_step = spec.samples * sample;
    for (int plane = 0; plane < planes; ++plane) {
      // The plane's own rows.
      Bytes own = rows;
      if (spec.planar) {
        own.clear();
        for (std::size_t at = plane * sample; at < rows.size(); at += in_step)
          append(own, ByteView(rows).subspan(at, sample));
      }
      const std::size_t own_row = own.size() / spec.size.height;
      if (spec.tile == 0) {
        if (plane == 0) TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, 5);
        for (int y = 0; y < spec.size.height; ++y)
          TIFFWriteScanline(t, own.data() + y * own_row, static_cast<std::uint32_t>(y),
                            static_cast<std::uint16_t>(plane));
        continue;
      }
      if (plane == 0) {
        TIFFSetField(t, TIFFTAG_TILEWIDTH, spec.tile);
        TIFFSetField(t, TIFFTAG_TILELENGTH, spec.tile);
      }
      const std::size_t step = own_row / spec.size.width;
      for (int y = 0; y < spec.size.height; y += spec.tile) {
        for (int x = 0; x < spec.size.width; x += spec.tile) {
          Bytes tile(step * spec.tile * spec.tile);
          const auto columns = static_cast<std::size_t>(std::min(spec.tile, spec.size.width - x));
          for (int r = 0; r < std::min(spec.tile, spec.size.height - y); ++r) {
            std::memcpy(tile.data() + r * step * spec.tile, own.data() + (y + r) * own_row + x * step, columns * step);
          }
          TIFFWriteTile(t, tile.data(), static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), 0,
                        static_cast<std::uint16_t>(plane));
        }
      }
    }
    TIFFWriteDirectory(t);
  }
  (void)row_bytes;
  TIFFFlush(t);
  return file;
}

Bytes make_dng(Size size, const std::array<double, 3>& colour, int orientation) {
  Bytes file = make_exif({.orientation = orientation, .size = size});
  {
    TiffFile tiff(file, "a");
    TIFF* const t = tiff.get();
    TIFFSetField(t, TIFFTAG_SUBFILETYPE, 0);
    TIFFSetField(t, TIFFTAG_IMAGEWIDTH, size.width);
    TIFFSetField(t, TIFFTAG_IMAGELENGTH, size.height);
    TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 16);
    TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_CFA);
    TIFFSetField(t, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(t, TIFFTAG_ORIENTATION, orientation);
    TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, size.height);
    TIFFSetField(t, TIFFTAG_DNGVERSION, "\1\4\0\0");
    TIFFSetField(t, TIFFTAG_UNIQUECAMERAMODEL, "hdrtile test camera");
    const std::array<std::uint16_t, 2> repeat{2, 2};
    TIFFSetField(t, TIFFTAG_CFAREPEATPATTERNDIM, repeat.data());
    const auto* const pattern_field = TIFFFieldWithTag(t, TIFFTAG_CFAPATTERN);
    if (TIFFFieldPassCount(pattern_field) != 0) {
      TIFFSetField(t, TIFFTAG_CFAPATTERN, 4, "\0\1\1\2");
    } else {
      TIFFSetField(t, TIFFTAG_CFAPATTERN, "\0\1\1\2");
    }
    const std::array<float, 9> matrix{3.2406F, -1.5372F, -0.4986F, -0.9689F, 1.8758F,
                                      0.0415F, 0.0557F,  -0.2040F, 1.0570F};
    TIFFSetField(t, TIFFTAG_COLORMATRIX1, 9, matrix.data());
    TIFFSetField(t, TIFFTAG_CALIBRATIONILLUMINANT1, 21);  // D65
    const std::array<float, 3> neutral{1, 1, 1};
    TIFFSetField(t, TIFFTAG_ASSHOTNEUTRAL, 3, neutral.data());
    const std::uint32_t white = 65535;
    TIFFSetField(t, TIFFTAG_WHITELEVEL, 1, &white);
    std::vector<std::uint16_t> row(static_cast<std::size_t>(size.width));
    for (int y = 0; y < size.height; ++y) {
      for (int x = 0; x < size.width; ++x) {
        const double light = colour[(y % 2) + (x % 2)] * (x + 0.5) / size.width;
        row[x] = static_cast<std::uint16_t>(std::lround(light * 65535));
      }
      TIFFWriteScanline(t, row.data(), static_cast<std::uint32_t>(y), 0);
    }
    TIFFFlush(t);
  }
  return join_directories(std::move(file));
}

}  // namespace hdrtile::test
