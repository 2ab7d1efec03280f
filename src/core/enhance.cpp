#include "hdrtile/enhance.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <memory>
#include <new>

#include "hdrtile/error.h"
#include "hdrtile/tile_blender.h"
#include "huge_pages.h"
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

std::string named_tile(const TilePlan& plan) {
  return std::to_string(plan.x.side) + " x " + std::to_string(plan.y.side);
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

/// The host's way: tiles are cut out here, go through the engine, and are blended into `result` as they come.
class HostPass final : public PhotoPass {
 public:
  HostPass(const PhotoTask& task, Engine& engine, Image& result)
      : task_(task),
        engine_(engine),
        gather_(task.photo, task.tiles),
        blender_(task.tiles, engine.model().scale, ResultWriter(task.photo, result, task.strength)),
        in_floats_(3 * static_cast<std::size_t>(task.tiles.x.side) * task.tiles.y.side),
        out_floats_(in_floats_ * engine.model().scale * engine.model().scale) {}

  RunStats run(int first, int count) override {
    resize_in_huge_pages(pixels_, in_floats_ * count);
    resize_in_huge_pages(results_, out_floats_ * count);
    rects_.resize(count);
    for (int i = 0; i < count; ++i) {
      gather_.tile(first + i, std::span(pixels_).subspan(in_floats_ * i, in_floats_));
      rects_[i] = tile_rect(task_.tiles, first + i);
    }
    const TileBatch tiles{
        .count = count, .height = task_.tiles.y.side, .width = task_.tiles.x.side, .pixels = pixels_, .rects = rects_};
    const RunStats stats = engine_.run(tiles, task_.context, results_);
    for (int i = 0; i < count; ++i) blender_.add(std::span(results_).subspan(out_floats_ * i, out_floats_));
    return stats;
  }

  void finish(Image& /*result*/) override {}  // its rows were written as they became whole

 private:
  PhotoTask task_;
  Engine& engine_;
  TileGather gather_;
  TileBlender blender_;
  std::size_t in_floats_;   // of one tile
  std::size_t out_floats_;  // of one enhanced tile
  std::vector<float> pixels_;
  std::vector<float> results_;
  std::vector<TileRect> rects_;
};

bool out_of_memory(const Error& error) { return error.code() == ErrorCode::out_of_memory; }

/// The pass the engine offers, else the host's.
std::unique_ptr<PhotoPass> begin(const PhotoTask& task, Engine& engine, Enhanced& made) {
  try {
    if (auto pass = engine.begin_photo(task)) return pass;
  } catch (const Error& error) {
    if (!out_of_memory(error)) throw;
    made.downgrades.push_back("out of memory on " + engine.info().device +
                              " for the whole photo: its tiles are cut out and blended on the host");
  }
  return std::make_unique<HostPass>(task, engine, made.image);
}

/// All tiles, batch after batch; a batch that does not fit is halved.
void run_tiles(PhotoPass& pass, Enhanced& made, const EngineInfo& engine, const CancelFlag& cancel,
               const ProgressCallback& progress) {
  const int total = made.plan.tiles.count();
  int batch = made.plan.batch;
  made.redone_fp32 = 0;
  for (int done = 0; done < total;) {
    check(cancel);
    const int count = std::min(batch, total - done);
    try {
      made.redone_fp32 += pass.run(done, count).redone_fp32;
    } catch (const Error& error) {
      if (!out_of_memory(error) || count == 1) throw;
      batch = count / 2;
      made.downgrades.push_back("out of memory on " + engine.device + ": batch reduced from " + std::to_string(count) +
                                " to " + std::to_string(batch));
      continue;
    }
    done += count;
    if (progress) progress(static_cast<double>(done) / total);
  }
  pass.finish(made.image);
}

/// Runs the tile pass; where one tile does not fit, with smaller ones as long as there are any.
void run_tiles_that_fit(const Image& photo, const PhotoContext* context, Engine& engine,
                        const EnhanceSettings& settings, const MemoryLimits& limits, Enhanced& made,
                        const CancelFlag& cancel, const ProgressCallback& progress) {
  for (;;) {
    const PhotoTask task{.photo = photo,
                         .tiles = made.plan.tiles,
                         .context = context,
                         .strength = settings.strength,
                         .depth = made.image.depth()};
    try {
      return run_tiles(*begin(task, engine, made), made, engine.info(), cancel, progress);
    } catch (const Error& error) {
      if (!out_of_memory(error)) throw;
      auto smaller =
          plan_smaller(made.plan, photo.size(), engine.model(), engine.info(), settings.request, limits, photo.depth());
      if (!smaller) throw;
      made.downgrades.push_back("out of memory on " + engine.info().device + ": tile reduced from " +
                                named_tile(made.plan.tiles) + " to " + named_tile(smaller->tiles));
      made.plan = std::move(*smaller);
    }
  }
}

std::unique_ptr<PhotoContext> prepared(const Image& photo, Engine& engine, const Preview* preview) {
  if (!engine.model().contextual) return nullptr;
  if (preview != nullptr) return engine.prepare(preview->pixels, preview->size);
  const Preview made = make_preview(photo, engine.model().context_px);
  return engine.prepare(made.pixels, made.size);
}

Enhanced enhance_checked(const Image& photo, Engine& engine, const EnhanceSettings& settings, const CancelFlag& cancel,
                         const ProgressCallback& progress, const Preview* preview) {
  const ModelInfo& model = engine.model();
  const MemoryLimits limits = memory_limits(engine.info(), settings.request.max_memory);
  Enhanced made;
  made.plan = plan_memory(photo.size(), model, engine.info(), settings.request, limits, photo.depth());
  check(cancel);

  const auto prepare_start = Clock::now();
  const std::unique_ptr<PhotoContext> context = prepared(photo, engine, preview);
  made.prepare_ms = ms_since(prepare_start);

  const auto tiles_start = Clock::now();
  const Depth depth = settings.at_least_u16 ? std::max(photo.depth(), Depth::u16) : photo.depth();
  made.image = Image({photo.width() * model.scale, photo.height() * model.scale}, depth);
  run_tiles_that_fit(photo, context.get(), engine, settings, limits, made, cancel, progress);
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
                       const ProgressCallback& progress, const Preview* preview) {
  check(photo, engine.model(), settings.strength);
  try {
    return enhance_checked(photo, engine, settings, cancel, progress, preview);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, "not enough memory for tiles of this size; take a smaller tile or batch");
  }
}

}  // namespace hdrtile
