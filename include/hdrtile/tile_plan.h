#pragma once

#include <string>
#include <vector>

#include "hdrtile/image.h"

namespace hdrtile {

/// What is asked of a tiling, in pixels of the input.
struct TileSpec {
  int tile = 512;    ///< largest side of a tile; whole_image for one tile over the whole photo
  int overlap = 64;  ///< pixels that neighbours share at least; raised to 2 * halo + min_ramp when below
  int halo = 16;     ///< outer pixels of a tile whose values are wrong (the network's border) and get weight 0
  int multiple = 8;  ///< sides and origins of tiles are multiples of it

  static constexpr int whole_image = 0;
  static constexpr int min_ramp = 8;
};

/// The tile sides an engine can run: any multiple within [min, max], or only those listed in `fixed`.
struct TileShapes {
  int min = 8;
  int max = 1 << 30;
  std::vector<int> fixed{};  ///< ascending; empty: any
};

/// One axis of a plan. Tile i covers [origin[i], origin[i] + side); the last may reach past `length` (mirrored there).
/// Its weight is rise(i) - rise(i + 1): a raised cosine of width `ramp` that starts at ramp_start[i], in input pixels;
/// tile 0 starts at weight 1 and the last one ends so: a photo's own border is no tile border. The weights of all
/// tiles sum to 1 at every pixel by construction (they telescope).
struct AxisPlan {
  int length = 0;
  int side = 0;
  int ramp = 0;
  std::vector<int> origin;
  std::vector<int> ramp_start;  ///< ramp_start[0] is unused (0); ramp_start[i] lies in the overlap of tiles i - 1 and i

  [[nodiscard]] int count() const noexcept { return static_cast<int>(origin.size()); }
};

/// How a photo is cut. All tiles have the size x.side by y.side; order is row by row.
struct TilePlan {
  AxisPlan x;
  AxisPlan y;
  int overlap = 0;  ///< the overlap used (after raising)
  int halo = 0;
  std::vector<std::string> notes;  ///< what differs from what was asked, for the log

  [[nodiscard]] int count() const noexcept { return x.count() * y.count(); }
  /// Pixels computed over pixels of the photo, at least 1.
  [[nodiscard]] double overhead() const noexcept;
};

/// Plans the fewest computed pixels for sides of at most spec.tile. Pure function of its arguments.
/// Throws Error{usage} for a spec that cannot be met (tile too small for overlap and halo: says the smallest that
/// works), Error{limit} for a photo that is too large for the model where smaller ones are not (it does not take it
/// whole, or cannot cut any).
[[nodiscard]] TilePlan plan_tiles(Size photo, const TileSpec& spec, const TileShapes& shapes);

/// The weights of tile `index` of an axis at `scale` output pixels per input pixel: side * scale values in [0, 1].
/// 0 over the outer halo at inner borders and over what lies past the photo.
[[nodiscard]] std::vector<float> axis_weights(const AxisPlan& axis, int index, int scale);

/// Index in [0, length) of position i mirrored at both ends as often as needed (edge pixel not repeated; length 1 gives
/// 0).
[[nodiscard]] int mirror_index(int i, int length) noexcept;

}  // namespace hdrtile
