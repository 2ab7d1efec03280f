#include <array>
#include <cmath>

#include "exif.h"
#include "files.h"
#include "metadata.h"
#include "tiff_exif.h"
#include "tiff_file.h"
#include "tiff_structure.h"
#include "tiffs.h"

namespace hdrtile::test {
namespace {

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
