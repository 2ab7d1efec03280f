#pragma once

#include <array>
#include <functional>
#include <span>
#include <vector>

#include "hdrtile/tile_plan.h"

namespace hdrtile {

/// Merges tiles with their cosine weights in FP32 and hands out pixels as soon as no later tile touches them: each tile
/// finishes those up to the ramps that it shares with its right and its lower neighbour. Where it counts alone its
/// values are handed out as they lie, so that only ramps are ever held. Not thread-safe; one blender a photo.
class TileBlender {
 public:
  /// `count` finished pixels of row y of the result, from column x on: interleaved floats, valid during the call.
  using Sink = std::function<void(int y, int x, int count, const float* rgb)>;

  TileBlender(const TilePlan& plan, int scale, Sink sink);

  /// Adds the next tile in row-major order: interleaved [side.y * scale, side.x * scale, 3]. After the last tile all
  /// pixels have been handed out, each once.
  void add(std::span<const float> tile);

 private:
  /// One axis of a tile, in pixels of its result: it shares [first, solid) with the tile before it, counts alone in
  /// [solid, done), and shares [done, last) with the tile after it.
  struct Zone {
    int first = 0;
    int solid = 0;
    int done = 0;
    int last = 0;
    std::vector<float> weights;
  };
  [[nodiscard]] static Zone zone_of(const AxisPlan& axis, int index, int scale);

  [[nodiscard]] float* ramp_below(int row, int ramp_row) noexcept;
  void finish_ramp(const float* tile_row, int y, const Zone& x, float row_weight, float* ramp, int left) const;
  void add_alone(const float* tile_row, int y, const Zone& x, float* beside, int left) const;

  TilePlan plan_;
  int scale_;
  Sink sink_;
  int next_ = 0;               // index of the next tile, row-major
  std::vector<Zone> columns_;  // per column of tiles; weights once a sample
  Zone row_;                   // of the current row of tiles
  std::vector<float> beside_;  // sums in the ramp to the next column of tiles, a row of it for each of a tile
  std::array<std::vector<float>, 2> below_;  // sums in the ramps to the next row of tiles, and to the current one
};

}  // namespace hdrtile
