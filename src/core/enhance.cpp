#include "hdrtile/enhance.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <memory>
#include <new>

#include "hdrtile/error.h"
#include "hdrtile/tile_blender.h"
#include "tile_gather.h"

namespace hdrtile {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

void check(const Image& photo, const ModelInfo& model, float strength) {
  if (photo.empty() || photo.channels() != 3) {
    throw Error(ErrorCode::usage, "only photos of three channels can be enhanced");
  }
  if (!(strength >= 0.0F && strength <= 1.0F)) throw Error(ErrorCode::usage, "strength must lie between 0 and 1");
  if (strength < 1.0F && model.scale != 1) {
    throw Error(ErrorCode::usage, "strength below 1 needs a model that keeps the size of the photo; " + model.name +
                                      " has scale " + std::to_string(model.scale));
  }
}

void check(const CancelFlag& cancel) {
  if (cancel) throw Error(ErrorCode::cancelled, "interrupted");
}

/// Turns blended pixels into those of the result.
class ResultWriter {
 public:
  ResultWriter(const Image& photo, Image& result, float strength)
      : photo_(photo),
        result_(result),
        strength_(strength),
        needs_input_(photo.size() == result.size() && (photo.depth() == Depth::f32 || strength < 1.0F)),
        input_(needs_input_ ? static_cast<std::size_t>(photo.width()) * 3 : 0),
        output_(input_.size()) {}

  void operator()(int y, int x, int count, const float* enhanced) {
    if (!needs_input_) return write_row(result_, y, x, count, enhanced);
    read_row(photo_, y, x, count, input_.data());
    for (int i = 0; i < 3 * count; ++i) {
      const float in = input_[i];
      const float full = enhanced[i] + (in - std::clamp(in, 0.0F, 1.0F));  // the model saw the clamped value
      output_[i] = strength_ < 1.0F ? in + strength_ * (full - in) : full;
    }
    write_row(result_, y, x, count, output_.data());
  }

 private:
  const Image& photo_;
  Image& result_;
  float strength_;
  bool needs_input_;
  std::vector<float> input_;
  std::vector<float> output_;
};

/// The tiles of one photo, batch after batch, through the engine into the blender.
class TilePass {
 public:
  TilePass(const Image& photo, Engine& engine, const PhotoContext* context, Enhanced& made, TileBlender& blender)
      : engine_(engine),
        context_(context),
        made_(made),
        blender_(blender),
        gather_(photo, made.plan.tiles),
        batch_(made.plan.batch),
        in_floats_(3 * static_cast<std::size_t>(made.plan.tiles.x.side) * made.plan.tiles.y.side),
        out_floats_(in_floats_ * engine.model().scale * engine.model().scale) {}

  void run(const CancelFlag& cancel, const ProgressCallback& progress) {
    const int total = made_.plan.tiles.count();
    for (int done = 0; done < total;) {
      check(cancel);
      done += batch_from(done, std::min(batch_, total - done));
      if (progress) progress(static_cast<double>(done) / total);
    }
  }

 private:
  /// Gives how many tiles were done: fewer than asked where the engine ran out of memory.
  int batch_from(int first, int count) {
    pixels_.resize(in_floats_ * count);
    results_.resize(out_floats_ * count);
    rects_.resize(count);
    for (int i = 0; i < count; ++i) {
      gather_.tile(first + i, std::span(pixels_).subspan(in_floats_ * i, in_floats_));
      rects_[i] = gather_.rect(first + i);
    }
    count = run_as_memory_allows(count);
    for (int i = 0; i < count; ++i) blender_.add(std::span(results_).subspan(out_floats_ * i, out_floats_));
    return count;
  }

  int run_as_memory_allows(int count) {
    for (;;) {
      try {
        const TileBatch tiles{.count = count,
                              .height = made_.plan.tiles.y.side,
                              .width = made_.plan.tiles.x.side,
                              .pixels = std::span(pixels_).first(in_floats_ * count),
                              .rects = std::span(rects_).first(count)};
        made_.redone_fp32 += engine_.run(tiles, context_, std::span(results_).first(out_floats_ * count)).redone_fp32;
        return count;
      } catch (const Error& error) {
        if (error.code() != ErrorCode::out_of_memory || count == 1) throw;
      }
      batch_ = count / 2;
      made_.downgrades.push_back("out of memory on " + engine_.info().device + ": batch reduced from " +
                                 std::to_string(count) + " to " + std::to_string(batch_));
      count = batch_;
    }
  }

  Engine& engine_;
  const PhotoContext* context_;
  Enhanced& made_;
  TileBlender& blender_;
  TileGather gather_;
  int batch_;
  std::size_t in_floats_;   // of one tile
  std::size_t out_floats_;  // of one enhanced tile
  std::vector<float> pixels_;
  std::vector<float> results_;
  std::vector<TileRect> rects_;
};

Enhanced enhance_checked(const Image& photo, Engine& engine, const EnhanceSettings& settings, const CancelFlag& cancel,
                         const ProgressCallback& progress) {
  const ModelInfo& model = engine.model();
  Enhanced made;
  made.plan = plan_memory(photo.size(), model, engine.info(), settings.request,
                          memory_limits(engine.info(), settings.request.max_memory));
  check(cancel);

  const auto prepare_start = Clock::now();
  std::unique_ptr<PhotoContext> context;
  if (model.contextual) {
    const Preview preview = make_preview(photo, model.context_px);
    context = engine.prepare(preview.pixels, preview.size);
  }
  made.prepare_ms = ms_since(prepare_start);

  const auto tiles_start = Clock::now();
  const Depth depth = settings.at_least_u16 ? std::max(photo.depth(), Depth::u16) : photo.depth();
  made.image = Image({photo.width() * model.scale, photo.height() * model.scale}, depth);
  TileBlender blender(made.plan.tiles, model.scale, ResultWriter(photo, made.image, settings.strength));
  TilePass(photo, engine, context.get(), made, blender).run(cancel, progress);
  made.tiles_ms = ms_since(tiles_start);
  if (made.redone_fp32 > 0) {
    made.downgrades.push_back(std::to_string(made.redone_fp32) + " of " + std::to_string(made.plan.tiles.count()) +
                              " tiles had NaN or Inf in " + to_string(engine.info().precision) +
                              " and were computed again in fp32");
  }
  return made;
}

}  // namespace

Enhanced enhance_image(const Image& photo, Engine& engine, const EnhanceSettings& settings, const CancelFlag& cancel,
                       const ProgressCallback& progress) {
  check(photo, engine.model(), settings.strength);
  try {
    return enhance_checked(photo, engine, settings, cancel, progress);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, "not enough memory for tiles of this size; take a smaller tile or batch");
  }
}

}  // namespace hdrtile
