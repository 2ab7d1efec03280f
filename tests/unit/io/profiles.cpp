#include "profiles.h"

#include <lcms2.h>

#include <algorithm>
#include <memory>

namespace hdrtile::test {

Bytes save_profile(void* profile) {
  cmsUInt32Number size = 0;
  cmsSaveProfileToMem(profile, nullptr, &size);
  Bytes icc(size);
  cmsSaveProfileToMem(profile, icc.data(), &size);
  cmsCloseProfile(profile);
  return icc;
}

namespace {

Bytes rgb_profile(const cmsCIExyYTRIPLE& primaries, cmsToneCurve* curve) {
  const cmsCIExyY white = {0.3127, 0.3290, 1};
  cmsToneCurve* curves[3] = {curve, curve, curve};
  cmsHPROFILE profile = cmsCreateRGBProfile(&white, &primaries, curves);
  cmsFreeToneCurve(curve);
  return save_profile(profile);
}

// What a sampler computes: Lab (in the 16 bits of version 2) of native samples, by way of sRGB.
int to_lab(const cmsUInt16Number in[], cmsUInt16Number out[], void* cargo) {
  const auto [transform, inks] = *static_cast<std::pair<cmsHTRANSFORM, int>*>(cargo);
  float rgb[3];
  for (int c = 0; c < 3; ++c) {
    const float value = static_cast<float>(in[c]) / 65535.0F;
    rgb[c] = inks == 4 ? (1 - value) * (1 - static_cast<float>(in[3]) / 65535.0F) : value;
  }
  cmsCIELab lab;
  cmsDoTransform(transform, rgb, &lab, 1);
  cmsFloat2LabEncodedV2(out, &lab);
  return 1;
}

Bytes table_profile(cmsColorSpaceSignature space, cmsProfileClassSignature kind, int channels) {
  cmsHPROFILE srgb = cmsCreate_sRGBProfile();
  cmsHPROFILE lab = cmsCreateLab4Profile(nullptr);
  std::pair<cmsHTRANSFORM, int> cargo{
      cmsCreateTransform(srgb, TYPE_RGB_FLT, lab, TYPE_Lab_DBL, INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_NOCACHE),
      channels};
  cmsHPROFILE profile = cmsCreateProfilePlaceholder(nullptr);
  cmsSetProfileVersion(profile, 2.1);  // a table alone is no table of version 4
  cmsSetDeviceClass(profile, kind);
  cmsSetColorSpace(profile, space);
  cmsSetPCS(profile, cmsSigLabData);
  cmsPipeline* table = cmsPipelineAlloc(nullptr, static_cast<cmsUInt32Number>(channels), 3);
  cmsStage* stage = cmsStageAllocCLut16bit(nullptr, 9, static_cast<cmsUInt32Number>(channels), 3, nullptr);
  cmsStageSampleCLut16bit(stage, to_lab, &cargo, 0);
  cmsPipelineInsertStage(table, cmsAT_BEGIN, stage);
  cmsWriteTag(profile, cmsSigAToB0Tag, table);
  cmsPipelineFree(table);
  cmsDeleteTransform(cargo.first);
  cmsCloseProfile(srgb);
  cmsCloseProfile(lab);
  return save_profile(profile);
}

}  // namespace

Bytes srgb_profile(std::size_t description_characters) {
  cmsHPROFILE profile = cmsCreate_sRGBProfile();
  if (description_characters > 0) {
    cmsMLU* text = cmsMLUalloc(nullptr, 1);
    std::string content;
    for (std::size_t i = 0; i < description_characters; ++i) content += static_cast<char>('a' + (i * i / 7) % 26);
    cmsMLUsetASCII(text, "en", "US", content.c_str());
    cmsWriteTag(profile, cmsSigCopyrightTag, text);
    cmsMLUfree(text);
  }
  return save_profile(profile);
}

Bytes display_p3_profile() {
  const cmsFloat64Number srgb_curve[5] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
  return rgb_profile({{0.680, 0.320, 1}, {0.265, 0.690, 1}, {0.150, 0.060, 1}},
                     cmsBuildParametricToneCurve(nullptr, 4, srgb_curve));
}

Bytes adobe_rgb_profile() {
  return rgb_profile({{0.64, 0.33, 1}, {0.21, 0.71, 1}, {0.15, 0.06, 1}}, cmsBuildGamma(nullptr, 563.0 / 256));
}

Bytes rec2020_profile() {
  const cmsFloat64Number camera_curve[5] = {1 / 0.45, 1 / 1.0993, 0.0993 / 1.0993, 1 / 4.5, 0.08145};
  return rgb_profile({{0.708, 0.292, 1}, {0.170, 0.797, 1}, {0.131, 0.046, 1}},
                     cmsBuildParametricToneCurve(nullptr, 4, camera_curve));
}

Bytes pro_photo_profile() {
  const cmsCIExyYTRIPLE primaries = {{0.7347, 0.2653, 1}, {0.1596, 0.8404, 1}, {0.0366, 0.0001, 1}};
  cmsToneCurve* curve = cmsBuildGamma(nullptr, 1.8);
  cmsToneCurve* curves[3] = {curve, curve, curve};
  cmsHPROFILE profile = cmsCreateRGBProfile(cmsD50_xyY(), &primaries, curves);
  cmsFreeToneCurve(curve);
  return save_profile(profile);
}

Bytes table_rgb_profile() {
  const Bytes matrix = adobe_rgb_profile();
  cmsHPROFILE rgb = cmsOpenProfileFromMem(matrix.data(), static_cast<cmsUInt32Number>(matrix.size()));
  cmsHPROFILE lab = cmsCreateLab4Profile(nullptr);
  cmsHTRANSFORM there =
      cmsCreateTransform(rgb, TYPE_RGB_16, lab, TYPE_LabV2_16, INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_NOCACHE);
  cmsHTRANSFORM back =
      cmsCreateTransform(lab, TYPE_LabV2_16, rgb, TYPE_RGB_16, INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_NOCACHE);
  cmsHPROFILE profile = cmsCreateProfilePlaceholder(nullptr);
  cmsSetProfileVersion(profile, 2.1);
  cmsSetDeviceClass(profile, cmsSigOutputClass);
  cmsSetColorSpace(profile, cmsSigRgbData);
  cmsSetPCS(profile, cmsSigLabData);
  const auto sample = [](const cmsUInt16Number in[], cmsUInt16Number out[], void* transform) {
    cmsDoTransform(transform, in, out, 1);
    return 1;
  };
  for (const auto& [tag, transform] : {std::pair{cmsSigAToB0Tag, there}, std::pair{cmsSigBToA0Tag, back}}) {
    cmsPipeline* table = cmsPipelineAlloc(nullptr, 3, 3);
    cmsStage* stage = cmsStageAllocCLut16bit(nullptr, 49, 3, 3, nullptr);
    cmsStageSampleCLut16bit(stage, sample, transform, 0);
    cmsPipelineInsertStage(table, cmsAT_BEGIN, stage);
    cmsWriteTag(profile, tag, table);
    cmsPipelineFree(table);
  }
  cmsDeleteTransform(there);
  cmsDeleteTransform(back);
  cmsCloseProfile(rgb);
  cmsCloseProfile(lab);
  return save_profile(profile);
}

Bytes grey_profile(double gamma) {
  cmsToneCurve* curve = cmsBuildGamma(nullptr, gamma);
  cmsHPROFILE profile = cmsCreateGrayProfile(cmsD50_xyY(), curve);
  cmsFreeToneCurve(curve);
  return save_profile(profile);
}

Bytes cmyk_profile() { return table_profile(cmsSigCmykData, cmsSigOutputClass, 4); }
Bytes one_way_profile() { return table_profile(cmsSigRgbData, cmsSigInputClass, 3); }

std::vector<Bytes> icc_segments(const Bytes& icc, std::size_t part_bytes) {
  std::vector<Bytes> segments;
  const std::size_t count = (icc.size() + part_bytes - 1) / part_bytes;
  for (std::size_t i = 0; i < count; ++i) {
    Bytes segment;
    append(segment, std::string_view("ICC_PROFILE\0", 12));
    segment.push_back(static_cast<std::uint8_t>(i + 1));
    segment.push_back(static_cast<std::uint8_t>(count));
    append(segment, ByteView(icc).subspan(i * part_bytes, std::min(part_bytes, icc.size() - i * part_bytes)));
    segments.push_back(segment);
  }
  return segments;
}

}  // namespace hdrtile::test
