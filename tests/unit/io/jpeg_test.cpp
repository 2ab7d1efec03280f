#include <cmath>
#include <thread>

#include "files.h"
#include "profiles.h"

namespace hdrtile::test {
namespace {

double mean_difference(const Image& a, const Image& b) {
  const auto x = samples(a);
  const auto y = samples(b);
  EXPECT_EQ(x.size(), y.size());
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += std::abs(x[i] - y[i]);
  return sum / static_cast<double>(x.size());
}

TEST(Jpeg, BaselineAndProgressiveGiveTheSamePicture) {
  const Photo baseline = decode(make_jpeg({.size = {123, 77}}));
  const Photo progressive = decode(make_jpeg({.size = {123, 77}, .progressive = true}));
  const Photo restarts = decode(make_jpeg({.size = {123, 77}, .restart_rows = 1}));
  EXPECT_EQ(samples(baseline.pixels), samples(progressive.pixels));
  EXPECT_EQ(samples(baseline.pixels), samples(restarts.pixels));
  EXPECT_TRUE(baseline.warnings.empty());
  EXPECT_EQ(baseline.file_depth, Depth::u8);
}

TEST(Jpeg, GreyStaysGrey) {
  const Photo photo = decode(make_jpeg({.components = 1}));
  EXPECT_TRUE(photo.grey);
  const auto* rgb = photo.pixels.row<std::uint8_t>(5);
  EXPECT_EQ(rgb[0], rgb[1]);
  EXPECT_EQ(rgb[1], rgb[2]);
  const Bytes again = encode(photo, {.quality = 95});
  EXPECT_EQ(jpeg_segments(again, 0xC0).at(0).at(5), 1) << "one component";
  EXPECT_LT(mean_difference(decode(again).pixels, photo.pixels), 2.0 / 255);
}

TEST(Jpeg, QualityIsFollowed) {
  const Photo photo = decode(make_jpeg({.size = {200, 150}}));
  EXPECT_LT(encode(photo, {.quality = 30}).size(), encode(photo, {.quality = 98}).size());
  EXPECT_LT(mean_difference(decode(encode(photo, {.quality = 98})).pixels, photo.pixels), 1.5 / 255);
}

/// A large photo's file is made of strips that are coded apart.
TEST(Jpeg, CodingInStripsChangesNoPixel) {
  for (const Size size : {Size{1200, 845}, Size{65500, 65}}) {
    for (const int channels : {1, 3}) {
      const Image pixels = noise(size, Depth::u8, channels);
      Photo photo;
      photo.grey = channels == 1;
      photo.pixels = make_image(size, Depth::u8, 3, [&](int x, int y, int c) {
        return pixels.row<std::uint8_t>(y)[x * channels + c % channels] / 255.0;
      });
      for (const Chroma chroma : {Chroma::full, Chroma::half, Chroma::quarter}) {
        const Bytes file = encode(photo, {.quality = 80, .chroma = chroma});
        EXPECT_EQ(jpeg_segments(file, 0xDD).size(), 1U) << "the interval between restarts";
        const Photo decoded = decode(file);
        EXPECT_TRUE(decoded.warnings.empty());
        const Bytes whole =
            make_jpeg({.size = size, .components = channels, .pixels = &pixels, .quality = 80, .chroma = chroma});
        EXPECT_TRUE(samples(decoded.pixels) == samples(decode(whole).pixels))
            << size.width << " wide, " << channels << " channels, chroma " << static_cast<int>(chroma);
      }
    }
  }
}

TEST(Jpeg, AFileIsTheSameHoweverItsStripsAreSpread) {
  Photo photo;
  photo.pixels = noise({1200, 900}, Depth::u8);
  const auto backwards = [](int count, const std::function<void(int)>& task) {
    EXPECT_GT(count, 1);
    for (int i = count - 1; i >= 0; --i) std::jthread([&] { task(i); });
  };
  EXPECT_TRUE(encode(photo, {.spread = backwards}) == encode(photo));
}

TEST(Jpeg, OnePixelAndLongStripsSurvive) {
  for (const Size size : {Size{1, 1}, Size{20000, 20}, Size{3, 5000}}) {
    Photo photo;
    photo.pixels = gradient(size);
    EXPECT_EQ(decode(encode(photo)).pixels.size(), size);
  }
}

TEST(Jpeg, TooLongASideNamesTheWayOut) {
  Photo photo;
  photo.pixels = Image({65501, 1}, Depth::u8);
  expect_error(ErrorCode::unsupported, "--format png", [&] { encode(photo); });
}

TEST(Jpeg, CmykIsConvertedByItsProfile) {
  for (const bool adobe : {false, true}) {
    JpegSpec spec{.components = 4, .adobe = adobe};
    for (const auto& part : icc_segments(cmyk_profile())) spec.segments.push_back({0xE2, part});
    const Photo photo = decode(make_jpeg(spec));
    EXPECT_EQ(photo.pixels.depth(), Depth::u8);
    EXPECT_TRUE(contains(photo.warnings, "CMYK"));
    // The picture's samples are about 128 + 100 sin(phase); channel c is a radian apart.
    const auto ink = [&](int c) {
      const double sample = (128 + 100 * std::sin(static_cast<double>(c))) / 255;
      return adobe ? 1 - sample : sample;
    };
    const auto* rgb = photo.pixels.row<std::uint8_t>(0);
    for (int c = 0; c < 3; ++c) EXPECT_NEAR(rgb[c] / 255.0, (1 - ink(c)) * (1 - ink(3)), 0.06) << c << adobe;
    const Bytes again = encode(photo);
    EXPECT_EQ(jpeg_segments(again, 0xE2).size(), 0U) << "a CMYK profile would lie about RGB";
    EXPECT_EQ(decode(again).pixels.size(), photo.pixels.size());
  }
}

TEST(Jpeg, CmykWithoutAProfileIsRefused) {
  expect_error(ErrorCode::unsupported, "CMYK", [] { decode(make_jpeg({.components = 4})); });
}

TEST(Jpeg, TheHeaderRefusesCmykWhoseColoursAreNotKnown) {
  JpegSpec spec{.components = 4};
  const auto read = [&] { (void)read_header(make_jpeg(spec), "photo"); };
  expect_error(ErrorCode::unsupported, "photo: is CMYK without a usable colour profile", read);
  for (const auto& part : icc_segments(adobe_rgb_profile())) spec.segments.push_back({0xE2, part});
  expect_error(ErrorCode::unsupported, "photo: is CMYK without a usable colour profile", read);
  spec.segments.clear();
  for (const auto& part : icc_segments(cmyk_profile())) spec.segments.push_back({0xE2, part});
  EXPECT_NO_THROW(read());
}

TEST(Jpeg, TwelveBitsAreRefusedByName) {
  Bytes file = make_jpeg({});
  for (std::size_t i = 0; i + 4 < file.size(); ++i) {
    if (file[i] == 0xFF && file[i + 1] == 0xC0) {
      file[i + 1] = 0xC1;  // extended sequential: what has 12 bits
      file[i + 4] = 12;
      break;
    }
  }
  expect_error(ErrorCode::unsupported, "bits a sample", [&] { decode(file); });
}

TEST(Jpeg, AJpegByAnotherNameIsAJpeg) {
  const Bytes file = make_jpeg({});
  EXPECT_EQ(decode_photo(file, "photo.png").format, Format::jpeg);
  EXPECT_EQ(detect_format(file), Format::jpeg);
}

TEST(Jpeg, SameBytesEveryTime) {
  const Photo photo = decode(make_jpeg({}));
  EXPECT_EQ(encode(photo), encode(photo));
}

}  // namespace
}  // namespace hdrtile::test
