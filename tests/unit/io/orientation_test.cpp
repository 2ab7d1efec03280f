#include "orientation.h"

#include <cmath>

#include "exif.h"
#include "files.h"
#include "metadata.h"
#include "png_chunks.h"

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

class Orientation : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(All, Orientation, testing::Range(1, 9));

TEST_P(Orientation, IsAppliedOnceAndSaidToBeUpright) {
  const int orientation = GetParam();
  const Size size{13, 7};
  const Size stored = orientation >= 5 ? Size{7, 13} : size;
  Photo camera;
  camera.format = Format::png;
  camera.pixels =
      make_image(stored, Depth::u8, 3, [&](int x, int y, int c) { return stored_value(size, orientation, x, y, c); });
  camera.alpha =
      make_image(stored, Depth::u8, 1, [&](int x, int y, int) { return stored_value(size, orientation, x, y, 0); });
  // The encoder writes a true orientation, so the camera's is put in afterwards.
  Bytes file = encode(camera);
  Metadata metadata;
  metadata.exif = make_exif({.orientation = orientation, .size = stored});
  PngSpec spec{.size = stored, .colour_type = 6};
  for (const auto& chunk : make_png_chunks(metadata)) spec.chunks.emplace_back(chunk.kind, chunk.data);
  Bytes rows;
  const auto rgb = samples(camera.pixels);
  const auto alpha = samples(camera.alpha);
  for (std::size_t i = 0; i < alpha.size(); ++i) {
    for (int c = 0; c < 3; ++c) rows.push_back(static_cast<std::uint8_t>(std::lround(rgb[3 * i + c] * 255)));
    rows.push_back(static_cast<std::uint8_t>(std::lround(alpha[i] * 255)));
  }
  file = make_png(spec, rows);

  const PhotoHeader header = read_header(file, "photo");
  EXPECT_EQ(header.size, size);
  EXPECT_EQ(header.orientation, orientation);
  const Photo photo = decode(file);
  const Image expected =
      make_image(size, Depth::u8, 3, [&](int x, int y, int c) { return stored_value(size, 1, x, y, c); });
  ASSERT_EQ(photo.pixels.size(), size);
  EXPECT_EQ(samples(photo.pixels), samples(expected));
  EXPECT_EQ(samples(photo.alpha)[1], 1 / 255.0F);

  for (const Format format : {Format::png, Format::jpeg}) {
    const Bytes written = encode(photo, {.format = format, .quality = 100});
    const PhotoHeader after = read_header(written, "photo");
    EXPECT_EQ(after.orientation, 1);
    EXPECT_EQ(after.size, size);
  }
  EXPECT_EQ(samples(decode(encode(photo)).pixels), samples(expected)) << "not turned twice";
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
