#include "hdrtile/compare.h"

#include <lcms2.h>

#include <cmath>

#include "files.h"

namespace hdrtile::test {
namespace {

Photo photo_of(Image pixels) {
  Photo photo;
  photo.pixels = std::move(pixels);
  return photo;
}

TEST(Compare, EqualPhotosAreEqual) {
  const Photo photo = photo_of(noise({300, 301}, Depth::u8));
  const Comparison same = compare_photos(photo, photo);
  EXPECT_TRUE(std::isinf(same.psnr_db) && same.psnr_db > 0);
  EXPECT_DOUBLE_EQ(same.ssim, 1);
  EXPECT_EQ(same.delta_e_mean, 0);
  EXPECT_EQ(same.delta_e_max, 0);
  EXPECT_EQ(same.max_difference, 0);
}

TEST(Compare, AConstantDifferenceHasItsKnownFigures) {
  const Photo a = photo_of(make_image({40, 40}, Depth::u8, 3, [](int, int, int) { return 100 / 255.0; }));
  const Photo b = photo_of(make_image({40, 40}, Depth::u8, 3, [](int, int, int) { return 110 / 255.0; }));
  const Comparison found = compare_photos(a, b);
  EXPECT_NEAR(found.psnr_db, 20 * std::log10(255 / 10.0), 1e-4);
  EXPECT_NEAR(found.max_difference, 10 / 255.0, 1e-6);
  const double x = 100 / 255.0;
  const double y = 110 / 255.0;
  EXPECT_NEAR(found.ssim, (2 * x * y + 1e-4) / (x * x + y * y + 1e-4), 1e-6);  // no structure: luminance alone
}

TEST(Compare, SsimIsThatOfThePaper) {
  // The value is scipy's: gaussian_filter(sigma=1.5, truncate=3.5) over these waves, the outer 5 pixels left out (what
  // scikit-image does, too). They cross the bands of rows.
  const auto wave = [](double shift) {
    return [shift](int x, int y, int) {
      return std::round((0.5 + 0.4 * std::sin(0.3 * x + 0.05 * y + shift)) * 255) / 255;
    };
  };
  const Comparison found = compare_photos(photo_of(make_image({61, 300}, Depth::u8, 3, wave(0))),
                                          photo_of(make_image({61, 300}, Depth::u8, 3, wave(0.5))));
  EXPECT_NEAR(found.ssim, 0.736584, 1e-4);
}

TEST(Compare, DeltaEIsCiede2000) {
  // Pairs of Sharma, Wu and Dalal (2005) for the formula itself.
  const struct {
    cmsCIELab a, b;
    double delta_e;
  } pairs[] = {{{50, 2.6772, -79.7751}, {50, 0, -82.7485}, 2.0425},
               {{50, 3.1571, -77.2803}, {50, 0, -82.7485}, 2.8615},
               {{50, -1.1848, -84.8006}, {50, 0, -82.7485}, 1.0000},
               {{50, 2.5, 0}, {50, 0, -2.5}, 4.3065},
               {{50, 2.5, 0}, {73, 25, -18}, 27.1492},
               {{2.0776, 0.0795, -1.1350}, {0.9033, -0.0636, -0.5514}, 0.9082}};
  for (const auto& pair : pairs) EXPECT_NEAR(cmsCIE2000DeltaE(&pair.a, &pair.b, 1, 1, 1), pair.delta_e, 1e-4);
  // And white against black and the primaries for the way there: ΔE2000 of L* 100 and 0 is 100.
  const auto flat = [](double r, double g, double b) {
    return photo_of(make_image({12, 12}, Depth::u8, 3, [=](int, int, int c) { return c == 0 ? r : c == 1 ? g : b; }));
  };
  EXPECT_NEAR(compare_photos(flat(1, 1, 1), flat(0, 0, 0)).delta_e_mean, 100, 0.01);
  EXPECT_NEAR(compare_photos(flat(1, 0, 0), flat(0, 1, 0)).delta_e_max, 86.61, 0.02);
}

TEST(Compare, SmallPhotosHaveFigures) {
  for (const Size size : {Size{1, 1}, Size{5, 40}, Size{11, 11}}) {
    const Comparison found = compare_photos(photo_of(noise(size, Depth::u8)), photo_of(noise(size, Depth::u8, 3, 2)));
    EXPECT_TRUE(std::isfinite(found.ssim)) << size.width;
    EXPECT_GT(found.psnr_db, 0);
  }
}

TEST(Compare, DepthsMayDiffer) {
  const Photo a = photo_of(make_image({30, 30}, Depth::u8, 3, [](int x, int y, int) { return (x + y) / 255.0; }));
  const Photo b = photo_of(make_image({30, 30}, Depth::u16, 3, [](int x, int y, int) { return (x + y) / 255.0; }));
  EXPECT_LT(compare_photos(a, b).max_difference, 1e-6);
}

TEST(Compare, TransparencyCounts) {
  const Size size{40, 30};
  const auto with_alpha = [&](double value, Depth depth = Depth::u8) {
    Photo photo = photo_of(noise(size, Depth::u8));
    photo.alpha = make_image(size, depth, 1, [=](int, int, int) { return value; });
    return photo;
  };
  const Photo opaque = photo_of(noise(size, Depth::u8));
  EXPECT_EQ(compare_photos(with_alpha(1), opaque).max_difference, 0) << "a photo without alpha is opaque";
  EXPECT_EQ(compare_photos(with_alpha(0.2), with_alpha(0.2, Depth::u16)).max_difference, 0);
  for (const Comparison& found : {compare_photos(with_alpha(0.8), opaque), compare_photos(opaque, with_alpha(0.8))}) {
    EXPECT_NEAR(found.max_difference, 0.2, 1e-6);
    EXPECT_NEAR(found.psnr_db, -10 * std::log10(0.2 * 0.2 / 4), 1e-4) << "of four channels one differs";
    EXPECT_EQ(found.delta_e_max, 0) << "colours are the same";
  }
}

TEST(Compare, DifferentSizesAreAUsageError) {
  expect_error(ErrorCode::usage, "40 x 30", [] {
    (void)compare_photos(photo_of(noise({40, 30}, Depth::u8)), photo_of(noise({30, 40}, Depth::u8)));
  });
}

}  // namespace
}  // namespace hdrtile::test
