#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "hdrtile/engine.h"

namespace hdrtile {

/// Memory limits as seen by this process, in bytes.
struct MemoryLimits {
  std::int64_t budget = 0;    ///< fixed per device class: what a tile's activations may take; decides the geometry
  std::int64_t capacity = 0;  ///< what the machine or its cgroup has in all; decides the batch alone
};

/// The fixed budget of the engine's device class, and the capacity of what it runs on.
[[nodiscard]] MemoryLimits memory_limits(const EngineInfo& engine, std::int64_t max_memory_bytes);

/// Memory of this machine or the limit of its cgroup, whichever is less.
[[nodiscard]] std::int64_t host_memory();

/// Bytes that a photo takes on its way through the process by estimate: decoded (`depth`: of its samples then),
/// enhanced at `scale`, and as files.
[[nodiscard]] std::int64_t photo_bytes(Size photo, Depth depth, int scale);

/// Bytes that photos may take together where the process is bounded; one that takes more goes alone. 0: not bounded.
[[nodiscard]] std::int64_t room_for_photos(std::int64_t max_memory_bytes);

/// What the user set; empty: the plan chooses.
struct TileRequest {
  std::optional<int> tile = std::nullopt;  ///< TileSpec::whole_image for one tile
  std::optional<int> overlap = std::nullopt;
  std::optional<int> batch = std::nullopt;
  std::int64_t max_memory = 0;  ///< bytes; 0: no bound but the budget
};

/// Tiling and batch of one photo, and why.
struct MemoryPlan {
  TilePlan tiles;
  int batch = 1;
  std::int64_t expected_bytes = 0;  ///< working memory of the tile pass by estimate
  std::string why;                  ///< one line for the log
};

/// Geometry follows from the photo, the model, the precision, the request and the fixed budget; the batch from these
/// and from what the machine has in all. Neither asks what happens to be free: same input, same machine, same bytes.
/// `depth` is that of the photo's samples. Throws Error{limit} for a photo that is too large for the limit on memory or
/// for the model, Error{usage} for a request that cannot be met, be it a limit too small for any photo.
[[nodiscard]] MemoryPlan plan_memory(Size photo, const ModelInfo& model, const EngineInfo& engine,
                                     const TileRequest& request, const MemoryLimits& limits, Depth depth = Depth::u8);

/// The plan for the same photo with tiles of about half the side: for when the device has refused memory for one tile
/// of `refused`. Empty where there is none smaller. Throws as plan_memory does.
[[nodiscard]] std::optional<MemoryPlan> plan_smaller(const MemoryPlan& refused, Size photo, const ModelInfo& model,
                                                     const EngineInfo& engine, const TileRequest& request,
                                                     const MemoryLimits& limits, Depth depth = Depth::u8);

}  // namespace hdrtile
