#include "matrix_profile.h"

#include <gtest/gtest.h>
#include <lcms2.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <random>

#include "colour.h"
#include "profiles.h"
#include "srgb_curve.h"

namespace hdrtile::test {
namespace {

double encoded(double light) {
  const double size = std::abs(light);
  return std::copysign(size <= 0.0031308 ? 12.92 * size : 1.055 * std::pow(size, 1 / 2.4) - 0.055, light);
}

double decoded(double value) {
  const double size = std::abs(value);
  return std::copysign(size <= 0.04045 ? size / 12.92 : std::pow((size + 0.055) / 1.055, 2.4), value);
}

/// lcms's own transforms between a profile and linear sRGB, and sRGB's curve by its formula.
class ByLcms {
 public:
  explicit ByLcms(const Bytes& icc)
      : profile(cmsOpenProfileFromMem(icc.data(), static_cast<cmsUInt32Number>(icc.size()))) {
    const cmsCIExyY white = {0.3127, 0.3290, 1};
    const cmsCIExyYTRIPLE primaries = {{0.64, 0.33, 1}, {0.30, 0.60, 1}, {0.15, 0.06, 1}};
    cmsToneCurve* line = cmsBuildGamma(nullptr, 1);
    cmsToneCurve* lines[] = {line, line, line};
    linear = cmsCreateRGBProfile(&white, &primaries, lines);
    cmsFreeToneCurve(line);
    const auto between = [](cmsHPROFILE from, cmsHPROFILE to) {
      return cmsCreateTransform(from, TYPE_RGB_FLT, to, TYPE_RGB_FLT, INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_NOCACHE);
    };
    there_ = between(profile, linear);
    back_ = between(linear, profile);
  }
  ~ByLcms() {
    cmsDeleteTransform(there_);
    cmsDeleteTransform(back_);
    cmsCloseProfile(profile);
    cmsCloseProfile(linear);
  }
  ByLcms(const ByLcms&) = delete;
  ByLcms& operator=(const ByLcms&) = delete;

  void to_srgb(const float* in, float* out, int pixels) const {
    cmsDoTransform(there_, in, out, static_cast<cmsUInt32Number>(pixels));
    std::transform(out, out + 3 * pixels, out, [](float light) { return static_cast<float>(encoded(light)); });
  }
  void from_srgb(const float* in, float* out, int pixels) const {
    std::vector<float> light(in, in + 3 * pixels);
    std::transform(light.begin(), light.end(), light.begin(), [](float v) { return static_cast<float>(decoded(v)); });
    cmsDoTransform(back_, light.data(), out, static_cast<cmsUInt32Number>(pixels));
  }

  [[nodiscard]] bool has_tables_to_srgb(Depth depth) const {
    return matrix_to_srgb(profile, linear, depth, [this](auto... row) { to_srgb(row...); }).has_value();
  }
  [[nodiscard]] bool has_tables_from_srgb(Depth depth) const {
    return matrix_from_srgb(profile, linear, depth, [this](auto... row) { from_srgb(row...); }).has_value();
  }

  cmsHPROFILE profile;
  cmsHPROFILE linear = nullptr;

 private:
  cmsHTRANSFORM there_ = nullptr;
  cmsHTRANSFORM back_ = nullptr;
};

constexpr int pixels = 100'000;

/// Pixels in a row, uniform from `low` to `high`.
Image random_colours(Depth depth, float low = 0, float high = 1) {
  std::mt19937 chance(7);
  std::uniform_real_distribution<float> value(low, high);
  std::vector<float> row(3 * pixels);
  for (float& sample : row) sample = value(chance);
  Image image({pixels, 1}, depth);
  write_row(image, 0, 0, pixels, row.data());
  return image;
}

std::vector<float> row_of(const Image& image) {
  std::vector<float> row(std::size_t{3} * image.width());
  read_row(image, 0, 0, image.width(), row.data());
  return row;
}

/// What lcms makes of a row of sRGB, as a file holds it.
std::vector<float> samples_by_lcms(const ByLcms& lcms, const Image& srgb, Depth depth) {
  std::vector<float> row(std::size_t{3} * srgb.width());
  lcms.from_srgb(srgb.row<float>(0), row.data(), srgb.width());
  Image native(srgb.size(), depth);
  write_row(native, 0, 0, native.width(), row.data());
  return row_of(native);
}

struct Differences {
  float most = 0;
  int count = 0;
};
Differences between(const std::vector<float>& a, const std::vector<float>& b) {
  Differences found;
  for (std::size_t i = 0; i < a.size(); ++i) {
    found.most = std::max(found.most, std::abs(a[i] - b[i]));
    found.count += a[i] != b[i] ? 1 : 0;
  }
  return found;
}

struct Case {
  const char* name;
  Bytes (*profile)();
};
void PrintTo(const Case& profile, std::ostream* out) { *out << profile.name; }
class MatrixProfile : public testing::TestWithParam<std::tuple<Case, Depth>> {
 protected:
  const Bytes icc = std::get<0>(GetParam()).profile();
  const Depth depth = std::get<1>(GetParam());
  const float step = depth == Depth::u8 ? 1.0F / 255 : 1.0F / 65535;
  const ByLcms lcms{icc};
};
INSTANTIATE_TEST_SUITE_P(
    Profiles, MatrixProfile,
    testing::Combine(testing::Values(Case{"DisplayP3", display_p3_profile}, Case{"AdobeRgb", adobe_rgb_profile},
                                     Case{"ProPhoto", pro_photo_profile}, Case{"Rec2020", rec2020_profile}),
                     testing::Values(Depth::u8, Depth::u16)),
    [](const auto& kind) {
      return std::string(std::get<0>(kind.param).name) + (std::get<1>(kind.param) == Depth::u8 ? "8" : "16");
    });

TEST_P(MatrixProfile, RunsThroughTables) {
  EXPECT_TRUE(lcms.has_tables_to_srgb(depth));
  EXPECT_TRUE(lcms.has_tables_from_srgb(depth));
}

TEST_P(MatrixProfile, GoesToSrgbAsLcmsTakesIt) {
  const Image native = random_colours(depth);
  std::vector<float> by_lcms = row_of(native);
  lcms.to_srgb(by_lcms.data(), by_lcms.data(), pixels);
  const Differences found = between(row_of(ColourProfile::open(icc)->to_srgb(native)), by_lcms);
  std::printf("  worst %.1e\n", found.most);
  EXPECT_LE(found.most, 1e-5);
}

TEST_P(MatrixProfile, ColoursOfAFileComeBackAsTheSamplesThatLcmsGives) {
  const auto profile = ColourProfile::open(icc);
  const Image srgb = profile->to_srgb(random_colours(depth));
  const Differences found = between(row_of(profile->from_srgb(srgb, depth)), samples_by_lcms(lcms, srgb, depth));
  std::printf("  %d of %d differ, worst %.2f steps\n", found.count, 3 * pixels, found.most / step);
  // Single precision, lcms's as well, loses some steps of 16 bits of a channel near black beside a bright one.
  EXPECT_LE(found.count, depth == Depth::u8 ? 0 : 3 * pixels / 1000);
  EXPECT_LE(found.most, depth == Depth::u8 ? 0 : 48 * step);
}

TEST_P(MatrixProfile, AnyColourComesBackAsTheSampleThatLcmsGivesOrTheNextWhereItLiesBetween) {
  const auto profile = ColourProfile::open(icc);
  const Image srgb = random_colours(Depth::f32, -0.5F, 1.4F);
  const Differences found = between(row_of(profile->from_srgb(srgb, depth)), samples_by_lcms(lcms, srgb, depth));
  std::printf("  %d of %d differ, worst %.2f steps\n", found.count, 3 * pixels, found.most / step);
  EXPECT_LE(found.count, depth == Depth::u8 ? 3 * pixels / 10'000 : 3 * pixels / 50);
  EXPECT_LE(found.most, 1.01F * step);
}

/// Adobe RGB's primaries with a curve of 1,024 points, as monitors' profiles have.
Bytes profile_of_points(double (*curve_of)(double)) {
  std::vector<cmsUInt16Number> points(1024);
  for (std::size_t i = 0; i < points.size(); ++i) {
    points[i] = static_cast<cmsUInt16Number>(std::lround(65535 * curve_of(static_cast<double>(i) / 1023)));
  }
  cmsToneCurve* curve = cmsBuildTabulatedToneCurve16(nullptr, 1024, points.data());
  const cmsCIExyY white = {0.3127, 0.3290, 1};
  const cmsCIExyYTRIPLE primaries = {{0.64, 0.33, 1}, {0.21, 0.71, 1}, {0.15, 0.06, 1}};
  cmsToneCurve* curves[] = {curve, curve, curve};
  cmsHPROFILE profile = cmsCreateRGBProfile(&white, &primaries, curves);
  cmsFreeToneCurve(curve);
  return test::save_profile(profile);
}

double staircase(double value) { return std::floor(15.99 * value) / 15; }
double power(double value) { return std::pow(value, 2.2); }

/// A matrix and, beside it, tables of 49 levels a side: these count for lcms.
Bytes profile_with_both() {
  const Bytes of_matrix = adobe_rgb_profile();
  const Bytes of_table = table_rgb_profile();
  cmsHPROFILE matrix = cmsOpenProfileFromMem(of_matrix.data(), static_cast<cmsUInt32Number>(of_matrix.size()));
  cmsHPROFILE table = cmsOpenProfileFromMem(of_table.data(), static_cast<cmsUInt32Number>(of_table.size()));
  for (const auto tag : {cmsSigAToB0Tag, cmsSigBToA0Tag}) cmsWriteTag(matrix, tag, cmsReadTag(table, tag));
  cmsSetPCS(matrix, cmsSigLabData);
  cmsSetProfileVersion(matrix, 2.1);
  Bytes both = test::save_profile(matrix);
  cmsCloseProfile(table);
  return both;
}

TEST(ProfileOfTables, OddCurvesStayWithLcms) {
  const Bytes icc = profile_of_points(staircase);
  const ByLcms lcms(icc);
  EXPECT_TRUE(lcms.has_tables_to_srgb(Depth::u8)) << "any curve of samples is a table";
  EXPECT_FALSE(lcms.has_tables_from_srgb(Depth::u8));
  EXPECT_FALSE(lcms.has_tables_from_srgb(Depth::u16));

  const auto profile = ColourProfile::open(icc);
  const Image native = random_colours(Depth::u8);
  std::vector<float> by_lcms = row_of(native);
  lcms.to_srgb(by_lcms.data(), by_lcms.data(), pixels);
  EXPECT_LE(between(row_of(profile->to_srgb(native)), by_lcms).most, 1e-5);
}

TEST(ProfileOfTables, CurvesOfPointsComeBackByLcms) {
  const ByLcms lcms(profile_of_points(power));
  EXPECT_TRUE(lcms.has_tables_to_srgb(Depth::u8));
  for (const Depth depth : {Depth::u8, Depth::u16}) {
    EXPECT_FALSE(lcms.has_tables_from_srgb(depth)) << "lcms takes their light in steps of 1 / 65535, coarse near black";
  }
}

TEST(ProfileOfTables, ATableBesideTheMatrixCounts) {
  const ByLcms lcms(profile_with_both());
  ASSERT_NE(cmsIsMatrixShaper(lcms.profile), 0);
  for (const Depth depth : {Depth::u8, Depth::u16}) {
    EXPECT_FALSE(lcms.has_tables_to_srgb(depth));
    EXPECT_FALSE(lcms.has_tables_from_srgb(depth));
  }
}

TEST(ProfileOfTables, GreysTablesAndFloatsStayWithLcms) {
  EXPECT_FALSE(ByLcms(display_p3_profile()).has_tables_to_srgb(Depth::f32));
  EXPECT_FALSE(ByLcms(display_p3_profile()).has_tables_from_srgb(Depth::f32));
  EXPECT_FALSE(ByLcms(table_rgb_profile()).has_tables_to_srgb(Depth::u8));
  EXPECT_FALSE(ByLcms(table_rgb_profile()).has_tables_from_srgb(Depth::u8));
  const Bytes grey = grey_profile(2.2);
  cmsHPROFILE opened = cmsOpenProfileFromMem(grey.data(), static_cast<cmsUInt32Number>(grey.size()));
  const auto never = [](const float*, float*, int) { FAIL() << "has no three channels to try"; };
  EXPECT_FALSE(matrix_to_srgb(opened, opened, Depth::u8, never).has_value());
  EXPECT_FALSE(matrix_from_srgb(opened, opened, Depth::u8, never).has_value());
  cmsCloseProfile(opened);
}

TEST(SrgbCurve, IsTheFormulaAndItsInverseMirroredAtBlack) {
  std::vector<float> values;
  for (float value = 1e-9F; value < 63; value *= 1.0007F) values.insert(values.end(), {value, -value});
  std::vector<float> light = values;
  std::vector<float> code = values;
  decode_srgb(light.data(), light.size());
  encode_srgb(code.data(), code.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_NEAR(code[i], encoded(values[i]), 4e-7 * std::max(1.0F, std::abs(values[i]))) << values[i];
    ASSERT_NEAR(light[i], decoded(values[i]), 4e-7 * std::max(0.2, std::abs(decoded(values[i])))) << values[i];
  }
}

TEST(SrgbCurve, TakesWhateverAFloatHolds) {
  const float infinite = std::numeric_limits<float>::infinity();
  std::vector<float> values = {0, 1, 1e-45F, infinite, -infinite, std::nanf("")};
  encode_srgb(values.data(), values.size());
  EXPECT_EQ(values[0], 0);
  EXPECT_FLOAT_EQ(values[1], 1);
  EXPECT_EQ(values[2], 0);
  EXPECT_NEAR(values[3], encoded(64), 1e-5);
  EXPECT_EQ(values[4], -values[3]);
  EXPECT_TRUE(std::isfinite(values[5]));
}

}  // namespace
}  // namespace hdrtile::test
