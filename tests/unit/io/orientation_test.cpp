#include "orientation.h"

#include <cmath>
#include <tuple>

#include "codec.h"
#include "exif.h"
#include "files.h"

namespace hdrtile::test {
namespace {

/// A camera's view of the upright picture: what has to be stored so that `orientation` shows it upright (EXIF's table
/// of which side row 0 and column 0 are).
double stored_value(Size upright, int orientation, int x, int y, int c) {
  const int w = upright.width - 1;
  const int h = upright.height - 1;
  const auto at = [&](int ux, int uy) { return (uy * 16 + ux + c * 3) / 255.0; };
  switch (orientation) {
    case 2:  // top right
      return at(w - x, y);
    case 3:  // bottom right
      return at(w - x, h - y);
    case 4:  // bottom left
      return at(x, h - y);
    case 5:  // row 0 is the left side, column 0 the top
      return at(y, x);
    case 6:  // row 0 is the right side, column 0 the top
      return at(w - y, x);
    case 7:  // row 0 is the right side, column 0 the bottom
      return at(w - y, h - x);
    case 8:  // row 0 is the left side, column 0 the bottom
      return at(y, h - x);
    default:
      return at(x, y);
  }
}

class Orientation : public testing::TestWithParam<std::tuple<Format, int>> {};
INSTANTIATE_TEST_SUITE_P(All, Orientation,
                         testing::Combine(testing::Values(Format::jpeg, Format::png, Format::webp, Format::tiff),
                                          testing::Range(1, 9)),
                         [](const auto& kind) {
                           return std::string(facts_of(std::get<0>(kind.param)).id) +
                                  std::to_string(std::get<1>(kind.param));
                         });

TEST_P(Orientation, IsAppliedOnceAndSaidToBeUpright) {
  const auto [format, orientation] = GetParam();
  const FormatFacts& facts = facts_of(format);
  const Size size{13, 7};
  const Size stored = orientation >= 5 ? Size{7, 13} : size;
  const auto camera = [&](int channels) {
    return make_image(stored, Depth::u8, channels,
                      [&](int x, int y, int c) { return stored_value(size, orientation, x, y, c); });
  };
  Metadata metadata;  // what encode_photo would correct goes straight to the encoder
  metadata.exif = make_exif({.orientation = orientation, .size = stored});
  metadata.lossless = true;
  Warnings warnings;
  const Bytes file = codec_of(format).encode(
      {.pixels = camera(3), .alpha = facts.alpha ? camera(1) : Image(), .metadata = metadata, .quality = 100},
      warnings);

  const PhotoHeader header = read_header(file, "photo");
  EXPECT_EQ(header.size, size);
  EXPECT_EQ(header.orientation, orientation);
  const Photo photo = decode(file);
  const auto expected =
      samples(make_image(size, Depth::u8, 3, [&](int x, int y, int c) { return stored_value(size, 1, x, y, c); }));
  const auto expect_upright = [&](const Photo& shown) {
    ASSERT_EQ(shown.pixels.size(), size);
    const auto found = samples(shown.pixels);
    for (std::size_t i = 0; i < found.size(); ++i) {
      ASSERT_NEAR(found[i], expected[i], format == Format::jpeg ? 4 / 255.0 : 0) << i;
    }
  };
  expect_upright(photo);
  if (facts.alpha) {
    EXPECT_EQ(samples(photo.alpha)[1], 1 / 255.0F);
  }

  const Bytes written = encode(photo, {.quality = 100});
  const PhotoHeader after = read_header(written, "photo");
  EXPECT_EQ(after.orientation, 1);
  EXPECT_EQ(after.size, size);
  expect_upright(decode(written));
}

TEST(OrientationOfLargePhotos, TurnsBackToWhereItWas) {
  const Image image = noise({131, 67}, Depth::u16);
  const auto before = samples(image);
  const int inverse[9] = {0, 1, 2, 3, 4, 5, 8, 7, 6};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    Image copy = noise({131, 67}, Depth::u16);
    EXPECT_EQ(samples(upright(upright(std::move(copy), orientation), inverse[orientation])), before) << orientation;
  }
}

}  // namespace
}  // namespace hdrtile::test
