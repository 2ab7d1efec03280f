#pragma once

#include <span>
#include <string>
#include <string_view>

#include "hdrtile/memory_plan.h"

namespace hdrtile::cli {

/// How photos are cut on a kind of device: the sides of a tile and of what neighbours share, in pixels, and how many
/// tiles are computed at once. Precision is no part of it: `auto` is FP16 on their GPUs.
struct Preset {
  std::string_view name;
  std::string_view device;  ///< for people
  int tile;
  int overlap;
  int batch;
};

/// All there are. They outlive all callers.
[[nodiscard]] std::span<const Preset> presets() noexcept;

/// For people: "tile 1024, overlap 128, batch 4".
[[nodiscard]] std::string describe(const Preset& preset);

/// What of a request was given on the command line, `auto` included: a preset leaves that alone.
struct GivenFlags {
  bool tile = false;
  bool overlap = false;
  bool batch = false;
};

/// The request, and the preset's values for what was not given. Where the model cannot be cut as the preset says (its
/// tiles are smaller, its halo needs more), tile and overlap remain the model's own choice, unless one of them was
/// given.
[[nodiscard]] TileRequest with_preset(const Preset& preset, const GivenFlags& given, TileRequest request,
                                      const ModelInfo& model);

}  // namespace hdrtile::cli
