#pragma once

#include <cstddef>
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
  /// The weights of a tile along one axis; [first, last) are those above 0.
  struct Weights {
    std::vector<float> values;
    int first = 0;
    int last = 0;
  };
  [[nodiscard]] static Weights weights_of(const AxisPlan& axis, int index, int scale);

  void flush(int end_row);
  [[nodiscard]] float* band_row(int y) noexcept;

  TilePlan plan_;
  int scale_;
  RowSink sink_;
  int next_ = 0;                         // index of the next tile, row-major
  int next_row_ = 0;                     // first output row that has not been handed out
  int band_rows_ = 0;                    // of a row of tiles
  std::size_t band_stride_ = 0;          // floats of one output row
  std::vector<float> band_;              // ring of interleaved rows: row y lies at y % band_rows_
  std::vector<Weights> column_weights_;  // per column of tiles
  Weights row_weights_;                  // of the current row of tiles
};

}  // namespace hdrtile
