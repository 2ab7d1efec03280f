#pragma once

#include <span>
#include <vector>

#include "hdrtile/engine.h"
#include "hdrtile/tile_plan.h"

namespace hdrtile {

/// Copies tiles out of a photo as models take them: planar, clamped to [0, 1], mirrored past the photo's borders.
class TileGather {
 public:
  TileGather(const Image& photo, const TilePlan& plan);

  /// Tile `index`, row-major, into out: planar [3, side.y, side.x].
  void tile(int index, std::span<float> out);

 private:
  const Image& photo_;
  const TilePlan& plan_;
  std::vector<float> row_;  // interleaved samples of one tile's row
};

}  // namespace hdrtile
