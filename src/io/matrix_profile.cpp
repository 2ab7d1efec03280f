#include "matrix_profile.h"

#include <lcms2.h>
#include <lcms2_plugin.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace hdrtile {
namespace {

constexpr std::array curve_tags = {cmsSigRedTRCTag, cmsSigGreenTRCTag, cmsSigBlueTRCTag};
constexpr std::array colour_tags = {cmsSigRedColorantTag, cmsSigGreenColorantTag, cmsSigBlueColorantTag};

/// Columns are the primaries' colours. False where one is missing.
bool read_primaries(cmsHPROFILE profile, cmsMAT3& matrix) {
  for (std::size_t c = 0; c < 3; ++c) {
    const auto* colour = static_cast<const cmsCIEXYZ*>(cmsReadTag(profile, colour_tags[c]));
    if (colour == nullptr) return false;
    matrix.v[0].n[c] = colour->X;
    matrix.v[1].n[c] = colour->Y;
    matrix.v[2].n[c] = colour->Z;
  }
  return true;
}

MatrixCurves::Matrix rows_of(const cmsMAT3& matrix) {
  MatrixCurves::Matrix rows{};
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = matrix.v[i / 3].n[i % 3];
  return rows;
}

/// `from` to `to` by way of XYZ, as lcms multiplies its two matrices. False where it cannot be done.
bool between(const cmsMAT3& from, const cmsMAT3& to, MatrixCurves::Matrix& rows) {
  cmsMAT3 inverse;
  cmsMAT3 product;
  if (_cmsMAT3inverse(&to, &inverse) == 0) return false;
  _cmsMAT3per(&product, &inverse, &from);
  rows = rows_of(product);
  return true;
}

std::optional<MatrixCurves> read(cmsHPROFILE profile, cmsHPROFILE linear_srgb) {
  cmsMAT3 native;
  cmsMAT3 srgb;
  MatrixCurves read;
  if (cmsGetColorSpace(profile) != cmsSigRgbData || cmsIsMatrixShaper(profile) == 0 ||
      !read_primaries(profile, native) || !read_primaries(linear_srgb, srgb) || !between(native, srgb, read.to_srgb) ||
      !between(srgb, native, read.from_srgb)) {
    return std::nullopt;
  }
  for (std::size_t c = 0; c < 3; ++c) {
    const auto* curve = static_cast<const cmsToneCurve*>(cmsReadTag(profile, curve_tags[c]));  // the profile's own
    const std::shared_ptr<cmsToneCurve> back(curve == nullptr ? nullptr : cmsReverseToneCurve(curve),
                                             [](cmsToneCurve* made) { cmsFreeToneCurve(made); });
    if (!back) return std::nullopt;
    read.to_light[c] = [curve](float value) { return cmsEvalToneCurveFloat(curve, value); };
    read.to_sample[c] = [back](float light) { return cmsEvalToneCurveFloat(back.get(), light); };
  }
  return read;
}

// Less than a step of 16 bits. Curves in files have jumps of nearly half a step where a line ends and a power begins,
// as their parameters are rounded to 1 / 65536; a table makes slopes of jumps.
constexpr float most_difference = 1e-5F;

constexpr int colours = 1024;

/// Colours spread evenly from `low` to `high`, so that each channel meets as many values (an additive recurrence).
std::vector<float> spread_colours(float low, float high) {
  constexpr std::array steps = {0.8191725134, 0.6710436067, 0.5497004779};
  std::vector<float> values;
  for (int i = 0; i < colours; ++i) {
    for (const double step : steps) {
      const double place = i * step;
      values.push_back(low + (high - low) * static_cast<float>(place - std::floor(place)));
    }
  }
  return values;
}

}  // namespace

std::optional<MatrixToSrgb> matrix_to_srgb(void* profile, void* linear_srgb, Depth depth, const LcmsWay& by_lcms) {
  if (depth == Depth::f32) return std::nullopt;
  const auto curves = read(profile, linear_srgb);
  if (!curves) return std::nullopt;
  std::optional<MatrixToSrgb> tables(std::in_place, *curves, depth);

  Image native({colours, 1}, depth);
  std::vector<float> in = spread_colours(0, 1);
  write_row(native, 0, 0, colours, in.data());
  read_row(native, 0, 0, colours, in.data());  // rounded
  std::vector<float> mine(in.size());
  std::vector<float> expected(in.size());
  tables->convert(native, 0, mine.data());
  by_lcms(in.data(), expected.data(), colours);
  const auto agree = [](float a, float b) { return std::abs(a - b) <= most_difference; };  // NaN does not
  if (!std::equal(mine.begin(), mine.end(), expected.begin(), agree)) tables.reset();
  return tables;
}

std::optional<MatrixFromSrgb> matrix_from_srgb(void* profile, void* linear_srgb, Depth depth, const LcmsWay& by_lcms) {
  if (depth == Depth::f32) return std::nullopt;
  const auto curves = read(profile, linear_srgb);
  if (!curves) return std::nullopt;
  std::optional<MatrixFromSrgb> tables(std::in_place, *curves);

  const std::vector<float> srgb = spread_colours(-0.5F, 1.3F);
  std::vector<float> mine(srgb.size());
  std::vector<float> expected(srgb.size());
  tables->convert(srgb.data(), mine.data(), colours);
  by_lcms(srgb.data(), expected.data(), colours);
  const float bound = depth == Depth::u8 ? 0.02F / 255 : most_difference;
  const auto agree = [&](float a, float b) {
    a = std::clamp(a, 0.0F, 1.0F);  // what a file can hold
    b = std::clamp(b, 0.0F, 1.0F);
    // Where lights cancel out, a power's steep start turns the last place of single precision into steps of 16 bits.
    constexpr float dark = 0.02F;
    return std::abs(a - b) <= (b < dark ? std::max(bound, 0.1F / 255) : bound);
  };
  if (!std::equal(mine.begin(), mine.end(), expected.begin(), agree)) tables.reset();
  return tables;
}

}  // namespace hdrtile
