#include <algorithm>
#include <cmath>
#include <ctime>
#include <iomanip>
#include <numeric>
#include <sstream>

#include "codec.h"
#include "exiv2_toolkit.h"
#include "format.h"
#include "hdrtile/bracket.h"
#include "orientation.h"
#include "tiff_extent.h"

namespace hdrtile {
namespace {

constexpr double max_gap_s = 30;      // a tripod and settings by hand
constexpr double same_stops = 0.2;    // closer exposures are the same one, taken again
constexpr double least_spread = 1.2;  // in stops, between the darkest and the brightest
constexpr std::size_t least = 3;
constexpr std::size_t most = 9;

std::string text(const Exiv2::ExifData& exif, const char* key) {
  const auto found = exif.findKey(Exiv2::ExifKey(key));
  return found == exif.end() ? std::string() : found->toString();
}

std::optional<double> number(const Exiv2::ExifData& exif, const char* key) {
  const auto found = exif.findKey(Exiv2::ExifKey(key));
  if (found == exif.end() || found->count() == 0) return std::nullopt;
  const double value = found->toFloat();
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::optional<double> time_of(const Exiv2::ExifData& exif) {
  std::tm parts{};
  std::istringstream stated(text(exif, "Exif.Photo.DateTimeOriginal"));
  if (!(stated >> std::get_time(&parts, "%Y:%m:%d %H:%M:%S"))) return std::nullopt;
  const std::string fraction = text(exif, "Exif.Photo.SubSecTimeOriginal");
  double part = 0;
  std::istringstream("0." + fraction) >> part;
  return static_cast<double>(::timegm(&parts)) + part;
}

std::optional<double> exposure_of(const Exiv2::ExifData& exif) {
  const auto seconds = number(exif, "Exif.Photo.ExposureTime");
  const auto aperture = number(exif, "Exif.Photo.FNumber");
  const auto iso = number(exif, "Exif.Photo.ISOSpeedRatings");
  if (!seconds || *seconds <= 0) return number(exif, "Exif.Photo.ExposureBiasValue");
  const double f = aperture && *aperture > 0 ? *aperture : 1;  // a lens without contacts: the same for all
  return std::log2(*seconds * (iso && *iso > 0 ? *iso / 100 : 1) / (f * f));
}

bool belongs(const Shot& shot, const std::vector<std::size_t>& group, std::span<const std::optional<Shot>> shots) {
  const Shot& last = *shots[group.back()];
  if (shot.camera != last.camera || shot.size != last.size || shot.time - last.time > max_gap_s) return false;
  return group.size() < most && std::ranges::none_of(group, [&](std::size_t other) {
           return std::abs(shots[other]->exposure - shot.exposure) < same_stops;
         });
}

bool is_bracket(const std::vector<std::size_t>& group, std::span<const std::optional<Shot>> shots) {
  if (group.size() < least) return false;
  const auto [darkest, brightest] =
      std::ranges::minmax(group, {}, [&](std::size_t index) { return shots[index]->exposure; });
  return shots[brightest]->exposure - shots[darkest]->exposure >= least_spread;
}

}  // namespace

std::optional<Shot> read_shot(std::span<const std::uint8_t> file, const std::filesystem::path& path,
                              const DecodeLimits& limits) {
  const FileHead head = codec_of(require_format(file, path)).read_head(file, path, limits);
  const Bytes& block = head.metadata.exif;
  if (block.empty() || overstates(block)) return std::nullopt;
  try {
    const Exiv2Toolkit toolkit;
    Exiv2::ExifData exif;
    Exiv2::ExifParser::decode(exif, block.data(), static_cast<std::uint32_t>(block.size()));
    const auto time = time_of(exif);
    const auto exposure = exposure_of(exif);
    if (!time || !exposure) return std::nullopt;
    return Shot{.camera = text(exif, "Exif.Image.Make") + '\n' + text(exif, "Exif.Image.Model") + '\n' +
                          text(exif, "Exif.Photo.BodySerialNumber"),
                .time = *time,
                .exposure = *exposure,
                .size = upright_size(head.size, head.orientation)};
  } catch (const std::exception&) {  // damaged EXIF: told when the photo is decoded
    return std::nullopt;
  }
}

std::vector<std::vector<std::size_t>> group_brackets(std::span<const std::optional<Shot>> shots) {
  std::vector<std::size_t> order(shots.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::erase_if(order, [&](std::size_t index) { return !shots[index]; });
  // Cameras apart: two that shoot side by side do not tear each other's brackets.
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return std::tie(shots[a]->camera, shots[a]->time) < std::tie(shots[b]->camera, shots[b]->time);
  });
  std::vector<std::vector<std::size_t>> groups;
  for (const std::size_t index : order) {
    if (groups.empty() || !belongs(*shots[index], groups.back(), shots)) groups.emplace_back();
    groups.back().push_back(index);
  }
  std::erase_if(groups, [&](const auto& group) { return !is_bracket(group, shots); });
  return groups;
}

std::size_t middle_exposure(std::span<const Shot> bracket) {
  std::vector<std::size_t> order(bracket.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t index) { return bracket[index].exposure; });
  return order.at(order.size() / 2);
}

}  // namespace hdrtile
