#include "presets.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>

#include "hdrtile/error.h"

namespace hdrtile::cli {
namespace {

/// Whether a photo larger than a tile can be: a smaller one is one tile, whatever the overlap.
bool can_be_cut(const Preset& preset, const ModelInfo& model) {
  const int largest = model.shapes.fixed.empty() ? model.shapes.max : std::ranges::max(model.shapes.fixed);
  if (largest < preset.tile) return false;
  try {
    (void)plan_tiles({.width = 2 * preset.tile, .height = 2 * preset.tile},
                     {.tile = preset.tile, .overlap = preset.overlap, .halo = model.halo, .multiple = model.multiple},
                     model.shapes);
  } catch (const Error&) {
    return false;
  }
  return true;
}

}  // namespace

std::span<const Preset> presets() noexcept {
  static constexpr std::array all{
      Preset{.name = "orin", .device = "Jetson AGX Orin, 32 GB", .tile = 1024, .overlap = 128, .batch = 4},
      Preset{.name = "xavier-nx", .device = "Jetson Xavier NX, 8 GB", .tile = 512, .overlap = 64, .batch = 1},
      Preset{.name = "mobile", .device = "mobile GPUs, 4 GB", .tile = 512, .overlap = 64, .batch = 1},
  };
  return all;
}

std::string describe(const Preset& preset) {
  return fmt::format("tile {}, overlap {}, batch {}", preset.tile, preset.overlap, preset.batch);
}

TileRequest with_preset(const Preset& preset, const GivenFlags& given, TileRequest request, const ModelInfo& model) {
  if (!given.batch) request.batch = preset.batch;
  const bool free = !given.tile && !given.overlap;
  if (free && !can_be_cut(preset, model)) return request;
  if (!given.tile) request.tile = preset.tile;
  if (!given.overlap) request.overlap = preset.overlap;
  return request;
}

}  // namespace hdrtile::cli
