#include "codec.h"
#include "exif.h"
#include "files.h"

namespace hdrtile::test {
namespace {

Bytes make_webp(const Image& pixels, const Image& alpha, bool lossless, int quality = 95) {
  Metadata metadata;
  metadata.lossless = lossless;
  Warnings warnings;
  return codec_of(Format::webp)
      .encode({.pixels = pixels, .alpha = alpha, .metadata = metadata, .quality = quality}, warnings);
}

TEST(WebP, LosslessOnesStaySoToTheLastSample) {
  for (const Size size : {Size{37, 19}, Size{1, 1}, Size{1, 300}}) {
    for (const bool has_alpha : {false, true}) {
      const Image pixels = noise(size, Depth::u8);
      const Image alpha = has_alpha ? noise(size, Depth::u8, 1, 2) : Image();
      const Photo photo = decode(make_webp(pixels, alpha, true));
      EXPECT_EQ(samples(photo.pixels), samples(pixels));
      const Photo again = decode(encode(photo));
      EXPECT_EQ(samples(again.pixels), samples(pixels)) << "colours under full transparency, too";
      ASSERT_EQ(again.alpha.empty(), !has_alpha);
      if (has_alpha) {
        EXPECT_EQ(samples(again.alpha), samples(alpha));
      }
    }
  }
}

TEST(WebP, LossyOnesStayLossyAtTheQualityAskedFor) {
  const Photo photo = decode(make_webp(gradient({300, 200}), {}, false));
  const Bytes high = encode(photo, {.quality = 95});
  const Bytes low = encode(photo, {.quality = 30});
  EXPECT_LT(low.size(), high.size());
  const auto before = samples(photo.pixels);
  const auto after = samples(decode(high).pixels);
  double error = 0;
  for (std::size_t i = 0; i < before.size(); ++i) error += std::abs(before[i] - after[i]);
  EXPECT_LT(error / static_cast<double>(before.size()), 2.0 / 255);
}

TEST(WebP, CutShortIsAnError) {
  const Bytes file = make_webp(noise({64, 48}, Depth::u8), {}, true);
  for (const double share : {0.01, 0.1, 0.5, 0.9, 0.99}) {
    const ByteView cut = ByteView(file).first(
        std::max<std::size_t>(12, static_cast<std::size_t>(share * static_cast<double>(file.size()))));
    expect_error(ErrorCode::input, "truncated or damaged WebP", [&] { (void)decode(cut); });
  }
}

TEST(WebP, ATooLargeOneIsRefusedOnTheWayInAndOut) {
  const Bytes file = make_webp(noise({64, 48}, Depth::u8), {}, true);
  expect_error(ErrorCode::limit, "too large", [&] { (void)decode_photo(file, "photo", {.max_pixels = 1000}); });
  Photo photo = decode(file);
  photo.pixels = Image({17'000, 1}, Depth::u8);
  expect_error(ErrorCode::unsupported, "16383", [&] { (void)encode(photo); });
}

TEST(WebP, GreyPhotosBecomeRgb) {
  const Photo grey = decode(make_jpeg({.components = 1}));
  const Photo photo = decode(encode(grey, {.format = Format::webp}));
  EXPECT_FALSE(photo.grey);
}

}  // namespace
}  // namespace hdrtile::test
