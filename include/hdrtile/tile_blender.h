#pragma once

#include <functional>
#include <span>
#include <vector>

#include "hdrtile/tile_plan.h"

namespace hdrtile {

/// Merges tiles with their cosine weights in FP32 and hands out finished rows as soon as no later tile touches them, so
/// that it never holds more than one row of tiles. Not thread-safe; one blender a photo.
class TileBlender {
 public:
  /// One finished row: y in [0, height * scale), rgb is width * scale * 3 interleaved floats, valid during the call.
  using RowSink = std::function<void(int y, const float* rgb)>;

  TileBlender(const TilePlan& plan, int scale, RowSink sink);

  /// Adds the next tile in row-major order: planar [3, side.y * scale, side.x * scale]. After the last tile all rows
  /// have been handed out, each once, in order.
  void add(std::span<const float> tile);

 private:
  void flush(int end_row);

  TilePlan plan_;
  int scale_;
  RowSink sink_;
  int next_ = 0;                                    // index of the next tile, row-major
  int band_start_ = 0;                              // first output row the band holds
  std::vector<float> band_;                         // interleaved rows [band_start_, band_start_ + side.y * scale)
  std::vector<std::vector<float>> column_weights_;  // per column of tiles
  std::vector<float> row_weights_;                  // of the current row of tiles
};

}  // namespace hdrtile
