#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "hdrtile/engine.h"
#include "hdrtile/image.h"
#include "hdrtile/memory_plan.h"

namespace hdrtile {

/// Set from a signal handler or another thread; looked at between batches.
using CancelFlag = std::atomic<bool>;

struct EnhanceSettings {
  TileRequest request;
  float strength = 1.0F;  ///< input + strength * (enhanced - input), in sRGB values; below 1 only for models of scale 1
  bool at_least_u16 = false;  ///< a u8 photo gives a u16 result: for who dithers it afterwards
};

/// One enhanced photo and how it was made.
struct Enhanced {
  Image image;  ///< depth of the input (see at_least_u16); size of the input times the model's scale
  MemoryPlan plan;
  int redone_fp32 = 0;
  std::vector<std::string>
      downgrades;  ///< what was reduced on the way (batch or tile halved, tiles redone in FP32), for log and report
  double prepare_ms = 0;
  double tiles_ms = 0;
};

/// Called after each batch with the share of the photo's tiles that is done, in [0, 1].
using ProgressCallback = std::function<void(double)>;

/// The photo at a long side of exactly `long_side` pixels, each pixel the mean of the area it covers (bilinear where
/// the photo is smaller), clamped to [0, 1]: planar [3, size.height, size.width]. The short side is rounded, at
/// least 1.
struct Preview {
  Size size;
  std::vector<float> pixels;
};
[[nodiscard]] Preview make_preview(const Image& photo, int long_side);

/// The tile loop: preview -> prepare -> batches of tiles -> blend -> rows of the result. The model sees sRGB clamped to
/// [0, 1]; what an f32 photo has outside is added back to the result. Same input, same settings, same engine: same
/// bytes. An engine that takes whole photos does the tiles' part itself (Engine::begin_photo). Where the engine runs
/// out of memory the batch is halved, then the tile, as long as there is a smaller one. `preview` is the photo's of the
/// model's context_px, where it has been made beforehand. Throws Error{cancelled} when `cancel` is set, and whatever
/// the engine throws.
[[nodiscard]] Enhanced enhance_image(const Image& photo, Engine& engine, const EnhanceSettings& settings,
                                     const CancelFlag& cancel, const ProgressCallback& progress = {},
                                     const Preview* preview = nullptr);

}  // namespace hdrtile
