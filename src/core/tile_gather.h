#pragma once

#include <span>

#include "hdrtile/engine.h"
#include "hdrtile/tile_plan.h"

namespace hdrtile {

/// Copies tiles out of a photo as models take them: interleaved, clamped to [0, 1], mirrored past the photo's borders.
class TileGather {
 public:
  TileGather(const Image& photo, const TilePlan& plan);

  /// Tile `index`, row-major, into out: interleaved [side.y, side.x, 3].
  void tile(int index, std::span<float> out) const;

 private:
  const Image& photo_;
  const TilePlan& plan_;
};

}  // namespace hdrtile
