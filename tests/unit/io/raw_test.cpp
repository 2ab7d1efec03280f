#include <array>
#include <cmath>

#include "exif.h"
#include "files.h"
#include "metadata.h"
#include "tiff_exif.h"
#include "tiff_file.h"
#include "tiff_structure.h"

namespace hdrtile::test {
namespace {

/// A DNG whose camera sees linear sRGB: an RGGB mosaic of one colour, brighter to the right.
Bytes make_dng(Size size, const std::array<double, 3>& colour, int orientation = 1) {
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

bool reads_raw() { return facts_of(Format::raw).reads; }

TEST(Raw, ADngIsDevelopedAt16Bit) {
  if (!reads_raw()) GTEST_SKIP() << "built without LibRaw";
  const std::array<double, 3> colour{0.6, 0.3, 0.15};
  const Photo photo = decode(make_dng({128, 96}, colour));
  EXPECT_EQ(photo.format, Format::raw);
  EXPECT_EQ(photo.file_depth, Depth::u16);
  ASSERT_EQ(photo.pixels.size(), (Size{128, 96}));
  const auto values = samples(photo.pixels);
  const auto encoded = [](double light) {
    return light <= 0.0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - 0.055;
  };
  for (const int x : {20, 64, 110}) {
    for (int c = 0; c < 3; ++c) {
      const double light = colour[c] * (x + 0.5) / 128;
      EXPECT_NEAR(values[3 * (48 * 128 + x) + c], encoded(light), 0.02) << x << ", " << c;
    }
  }
}

TEST(Raw, KeepsItsMetadataAndIsWrittenAsJpegOrWhatIsAsked) {
  if (!reads_raw()) GTEST_SKIP() << "built without LibRaw";
  const Photo photo = decode(make_dng({64, 48}, {0.5, 0.5, 0.5}));
  Warnings warnings;
  const Bytes jpeg = encode(photo, {}, &warnings);
  EXPECT_EQ(read_header(jpeg, "photo").format, Format::jpeg);
  EXPECT_TRUE(contains(warnings, "16 bit were reduced to 8"));
  EXPECT_TRUE(contains(jpeg, as_bytes("TestMaker")));
  EXPECT_FALSE(contains(jpeg, as_bytes("hdrtile test camera"))) << "what makes a file a DNG stays behind";
  const Bytes tiff = encode(photo, {.format = Format::tiff});
  EXPECT_EQ(read_header(tiff, "photo").format, Format::tiff);
  EXPECT_EQ(samples(decode(tiff).pixels), samples(photo.pixels));
}

TEST(Raw, IsTurnedUprightOnce) {
  if (!reads_raw()) GTEST_SKIP() << "built without LibRaw";
  const Bytes file = make_dng({64, 48}, {0.5, 0.5, 0.5}, 6);
  EXPECT_EQ(read_header(file, "photo").size, (Size{48, 64}));
  const Photo photo = decode(file);
  ASSERT_EQ(photo.pixels.size(), (Size{48, 64}));
  const auto values = samples(photo.pixels);
  EXPECT_LT(values[3 * (10 * 48 + 24)], values[3 * (54 * 48 + 24)]) << "to the right becomes down";
  EXPECT_EQ(read_header(encode(photo), "photo").orientation, 1);
}

TEST(Raw, CutShortIsAnError) {
  if (!reads_raw()) GTEST_SKIP() << "built without LibRaw";
  Bytes file = make_dng({64, 48}, {0.5, 0.5, 0.5});
  const TiffFile tiff(file);
  ASSERT_NE(tiff.get(), nullptr);
  // The first directory lies at the end, so what is cut away is brought forward: the strip leads beyond the file.
  Bytes damaged = file;
  auto structure = TiffStructure::open(std::move(damaged));
  const std::size_t strip = structure->find(structure->first_directory(), TIFFTAG_STRIPOFFSETS);
  structure->put(strip + 8, 4, static_cast<std::uint32_t>(file.size() - 100));
  expect_error(ErrorCode::input, "truncated or damaged raw file", [&] { (void)decode(structure->bytes()); });
}

TEST(Raw, ATooLargeOneIsRefusedBeforeItTakesMemory) {
  if (!reads_raw()) GTEST_SKIP() << "built without LibRaw";
  const Bytes file = make_dng({64, 48}, {0.5, 0.5, 0.5});
  expect_error(ErrorCode::limit, "too large", [&] { (void)decode_photo(file, "photo", {.max_pixels = 1000}); });
}

TEST(Raw, IsKnownByItsContentWithOrWithoutLibRaw) {
  EXPECT_EQ(detect_format(make_dng({16, 16}, {0.5, 0.5, 0.5})), Format::raw);
  Photo photo;
  photo.pixels = gradient({16, 16});
  EXPECT_EQ(detect_format(encode(photo, {.format = Format::tiff})), Format::tiff);
}

}  // namespace
}  // namespace hdrtile::test
