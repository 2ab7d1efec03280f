#include "hdrtile/memory_plan.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "axis_plan.h"
#include "hdrtile/error.h"

namespace hdrtile {
namespace {

constexpr std::int64_t mib = std::int64_t{1} << 20;
constexpr std::int64_t cpu_budget = 1536 * mib;
/// What the process holds before the first photo: LibTorch's libraries and the model.
constexpr std::int64_t cpu_base = 640 * mib;
/// Of a GPU's memory: room for the rest of it, and for others on the same GPU.
constexpr int cuda_share_percent = 50;
constexpr int photos_on_gpu = 2;   // as floats: one that is computed, one that comes or goes
constexpr int most_tiles_cpu = 1;  // it computes one after another: others would only push it out of the caches
constexpr int most_tiles_cuda = 16;
constexpr int most_candidates = 1000;
constexpr int longest_overlap = 1 << 28;  // as plan_tiles has it: what is asked for may be any number

/// Activations per pixel of a tile where the model does not state them: a Restormer of width 48 needs about as much.
constexpr double unstated_bytes_per_pixel = 4096;
constexpr double draft_bytes_per_pixel = 512;  // pointwise: a handful of maps

bool on_cpu(const EngineInfo& engine) { return engine.device.rfind("cuda", 0) != 0; }

std::string in_mib(std::int64_t bytes) { return std::to_string((bytes + mib - 1) / mib) + " MiB"; }

/// No machine has so much, and sums of a few do not overflow.
std::int64_t bytes(double estimate) { return static_cast<std::int64_t>(std::min(estimate, 1e17)); }

/// What the tile pass takes, by estimate.
class Needs {
 public:
  Needs(const ModelInfo& model, const EngineInfo& engine) : scaled_(std::int64_t{model.scale} * model.scale) {
    double activations = model.bytes_per_pixel > 0 ? model.bytes_per_pixel : unstated_bytes_per_pixel;
    if (is_half(engine.precision)) activations /= 2;
    if (model.draft) activations = draft_bytes_per_pixel;
    per_pixel_ = activations + static_cast<double>(3 * sizeof(float) * (1 + scaled_));
  }

  [[nodiscard]] std::int64_t tile(const TilePlan& plan) const { return bytes(per_pixel_ * plan.x.side * plan.y.side); }
  /// The blender's ramps, always on the host: to the next column of tiles, and two to the next row.
  [[nodiscard]] std::int64_t ramps(const TilePlan& plan) const {
    const double beside = plan.x.count() > 1 ? static_cast<double>(plan.x.ramp) * plan.y.side : 0;
    const double below = plan.y.count() > 1 ? 2.0 * plan.y.ramp * plan.x.length : 0;
    return bytes(3.0 * sizeof(float) * static_cast<double>(scaled_) * (beside + below));
  }

 private:
  std::int64_t scaled_;
  double per_pixel_ = 0;
};

/// A tile's sides that may be tried where none is asked for, largest first: none far above the photo's, and not more
/// than a thousand, though a model allows tiles of any size.
std::vector<int> candidates(Size photo, const ModelInfo& model, int smallest) {
  std::vector<int> sides;
  if (!model.shapes.fixed.empty()) {
    std::copy_if(model.shapes.fixed.begin(), model.shapes.fixed.end(), std::back_inserter(sides),
                 [&](int side) { return side <= model.tile_default; });
    if (sides.empty()) sides.push_back(model.shapes.fixed.front());
    std::sort(sides.rbegin(), sides.rend());
    return sides;
  }
  const int multiple = std::max(model.multiple, 1);
  const int longest = std::max({photo.width, photo.height, smallest});
  const int largest =
      std::min(model.tile_default, longest) / multiple * multiple + (longest < model.tile_default ? multiple : 0);
  const int step = multiple * std::max((largest - smallest) / multiple / most_candidates, 1);
  for (int side = largest; side >= smallest; side -= step) sides.push_back(side);
  if (sides.empty()) sides.push_back(model.tile_default);
  return sides;
}

/// Whether a photo is one tile where it fits a GPU. Nothing is computed twice then. Only of contextual models, which
/// give the same picture either way; a plain one takes its tone from what it sees in a tile, and was trained on small
/// ones. No activation may have more values than 32 bits count, for so LibTorch's convolutions index them.
bool may_be_whole(Size photo, const ModelInfo& model) {
  const double values = model.bytes_per_pixel / sizeof(float) * photo.width * photo.height;
  return model.contextual && model.shapes.fixed.empty() && model.bytes_per_pixel > 0 &&
         values < std::numeric_limits<std::int32_t>::max() &&
         round_up(std::max(photo.width, photo.height), std::max(model.multiple, 1)) <= model.shapes.max;
}

/// The ramp is what hides a difference between neighbours: plain models need a wide one, because each tile has its own
/// tone; contextual ones agree but for rounding.
int default_overlap(const ModelInfo& model) { return 2 * model.halo + (model.contextual ? 16 : 32); }

TilePlan cut(Size photo, const ModelInfo& model, const TileRequest& request, int tile) {
  int overlap = default_overlap(model);
  if (tile != TileSpec::whole_image) {  // a small tile has room for no more than half of it as a ramp
    const int multiple = std::max(model.multiple, 1);
    overlap = std::clamp(overlap, 2 * model.halo + TileSpec::min_ramp,
                         std::max(2 * model.halo + TileSpec::min_ramp, (tile / 2 + model.halo) / multiple * multiple));
  }
  return plan_tiles(
      photo,
      {.tile = tile, .overlap = request.overlap.value_or(overlap), .halo = model.halo, .multiple = model.multiple},
      model.shapes);
}

/// The tiles of a photo, and what they take beside what is taken whatever they are.
class Cutting {
 public:
  Cutting(const ModelInfo& model, const EngineInfo& engine, const TileRequest& request, const MemoryLimits& limits,
          Depth depth)
      : model_(model),
        request_(request),
        budget_(limits.budget),
        depth_(depth),
        cpu_(on_cpu(engine)),
        needs_(model, engine) {}

  /// As asked, else the largest that fit.
  [[nodiscard]] TilePlan tiles(Size photo) const {
    if (request_.tile) return cut(photo, model_, request_, *request_.tile);
    const int overlap = std::clamp(request_.overlap.value_or(default_overlap(model_)), 0, longest_overlap);
    const int smallest = std::max(2 * overlap, model_.shapes.min);
    std::vector<int> sides = candidates(photo, model_, smallest);
    if (!cpu_ && may_be_whole(photo, model_)) sides.insert(sides.begin(), TileSpec::whole_image);
    TilePlan tiles;
    for (const int side : sides) {
      tiles = cut(photo, model_, request_, side);
      if (fits(photo, tiles)) break;
    }
    return tiles;
  }

  [[nodiscard]] std::int64_t tile_bytes(const TilePlan& tiles) const { return needs_.tile(tiles); }

  [[nodiscard]] std::int64_t other_bytes(Size photo, const TilePlan& tiles) const {
    const std::int64_t photos =
        is_bounded() ? std::max(photo_bytes(photo, depth_, model_.scale), room_for_photos(request_.max_memory)) : 0;
    const std::int64_t host = needs_.ramps(tiles) + photos;
    return 4 * model_.parameters + (cpu_ ? host : photos_on_gpu * photo_bytes(photo, Depth::f32, model_.scale));
  }

  [[nodiscard]] bool fits(Size photo, const TilePlan& tiles) const {
    return tile_bytes(tiles) + other_bytes(photo, tiles) <= budget_;
  }

  /// Throws where a limit was set that one tile of the photo does not keep.
  void check(Size photo, const TilePlan& tiles) const {
    if (!is_bounded() || fits(photo, tiles)) return;
    constexpr Size smallest{1, 1};
    const bool holds_others = fits(smallest, this->tiles(smallest));
    const std::int64_t enough = request_.max_memory - budget_ + tile_bytes(tiles) + other_bytes(photo, tiles);
    throw Error(holds_others ? ErrorCode::limit : ErrorCode::usage,
                "a memory limit of " + in_mib(request_.max_memory) + " is too small for " +
                    (holds_others ? "" : "any photo, and for ") + "tiles of " + std::to_string(tiles.x.side) + " x " +
                    std::to_string(tiles.y.side) + " of this photo: allow " + in_mib(enough) +
                    (request_.tile ? ", or take a smaller tile" : "") +
                    (holds_others ? ", or make the photo smaller" : ""));
  }

 private:
  [[nodiscard]] bool is_bounded() const noexcept { return request_.max_memory > 0; }

  const ModelInfo& model_;
  const TileRequest& request_;
  std::int64_t budget_;
  Depth depth_;
  bool cpu_;
  Needs needs_;
};

}  // namespace

MemoryLimits memory_limits(const EngineInfo& engine, std::int64_t max_memory_bytes) {
  if (on_cpu(engine)) {
    return {.budget = max_memory_bytes > 0 ? max_memory_bytes - cpu_base : cpu_budget, .capacity = host_memory()};
  }
  const std::int64_t share = engine.memory_bytes > 0 ? engine.memory_bytes / 100 * cuda_share_percent : cpu_budget;
  const std::int64_t budget = max_memory_bytes > 0 ? max_memory_bytes : share;
  return {.budget = budget, .capacity = budget};  // what others left is found out by halving the batch
}

std::int64_t photo_bytes(Size photo, Depth depth, int scale) {
  constexpr double as_files = 2;  // what was read, or what will be written, while it grows
  const double samples = 3.0 * static_cast<double>(bytes_per_sample(depth));
  return bytes((samples + (samples + as_files) * scale * scale) * photo.width * photo.height);
}

std::int64_t room_for_photos(std::int64_t max_memory_bytes) {
  constexpr std::int64_t least = 128 * mib;
  return max_memory_bytes > 0 ? std::max((max_memory_bytes - cpu_base) / 4, least) : 0;
}

MemoryPlan plan_memory(Size photo, const ModelInfo& model, const EngineInfo& engine, const TileRequest& request,
                       const MemoryLimits& limits, Depth depth) {
  if (request.batch && *request.batch < 1) throw Error(ErrorCode::usage, "a batch must have at least one tile");
  const Cutting cutting(model, engine, request, limits, depth);
  MemoryPlan plan;
  plan.tiles = cutting.tiles(photo);
  cutting.check(photo, plan.tiles);
  const std::int64_t tile_bytes = cutting.tile_bytes(plan.tiles);
  const std::int64_t other_bytes = cutting.other_bytes(photo, plan.tiles);

  // Of a small machine's memory a batch takes half: photos that are decoded and encoded meanwhile want some, and so do
  // other processes. What is free right now is not asked: in another batch a kernel may round otherwise, and the same
  // photo must give the same bytes.
  const bool cpu = on_cpu(engine);
  const std::int64_t room = std::min(limits.budget, cpu ? limits.capacity / 2 : limits.capacity);
  const std::int64_t by_room = std::max<std::int64_t>((room - other_bytes) / std::max<std::int64_t>(tile_bytes, 1), 1);
  const std::int64_t most = cpu ? most_tiles_cpu : most_tiles_cuda;
  const std::int64_t wanted = request.batch ? *request.batch : most;
  const std::int64_t allowed = request.batch && request.max_memory == 0 ? wanted : std::min(wanted, by_room);
  plan.batch = static_cast<int>(std::min<std::int64_t>(allowed, plan.tiles.count()));
  plan.expected_bytes = plan.batch * tile_bytes + other_bytes;

  plan.why = std::string(request.tile              ? "tile as asked"
                         : plan.tiles.count() == 1 ? "one tile"
                                                   : "tile by the model") +
             ", " + in_mib(tile_bytes) + " each by estimate; budget " +
             in_mib(std::max<std::int64_t>(limits.budget, 0)) + ", memory " + in_mib(limits.capacity) + ": batch " +
             std::to_string(plan.batch);
  return plan;
}

std::optional<MemoryPlan> plan_smaller(const MemoryPlan& refused, Size photo, const ModelInfo& model,
                                       const EngineInfo& engine, const TileRequest& request, const MemoryLimits& limits,
                                       Depth depth) {
  const auto pixels = [](const TilePlan& tiles) { return std::int64_t{tiles.x.side} * tiles.y.side; };
  const int longest = std::max(refused.tiles.x.side, refused.tiles.y.side);
  for (const int side : {longest / 2, longest / 4 * 3}) {  // where half is too small for the overlap, a bit more is not
    TileRequest smaller = request;
    smaller.tile = round_up(std::max(side, 1), std::max(model.multiple, 1));
    smaller.batch = 1;
    try {
      MemoryPlan plan = plan_memory(photo, model, engine, smaller, limits, depth);
      if (pixels(plan.tiles) < pixels(refused.tiles)) return plan;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::usage && error.code() != ErrorCode::limit) throw;
    }
  }
  return std::nullopt;
}

}  // namespace hdrtile
