#pragma once

#include <cstdint>

#include "hdrtile/pipeline.h"

namespace hdrtile {

/// What one photo took, tried in memory. Times in seconds.
struct Trial {
  double decode = 0;
  double encode = 0;
  double prepare = 0;
  double per_pixel = 0;  ///< of the tile pass, for each pixel that goes through the model
  double warm_up = 0;    ///< what the engine's first call took beyond its second
  double bytes = 0;      ///< of the whole output
};

/// Whether the engine has run: its first call takes longer.
enum class EngineState : std::uint8_t { cold, warm };

/// Decodes the photo, enhances as much of it (pieces from all over it) as one batch of its tiles covers, and encodes
/// it. The size of the output is that of the photo as it is, encoded, times what the enhancement changed in the part.
/// Throws as the stages do.
[[nodiscard]] Trial try_photo(const PhotoResult& photo, Engine& engine, EngineState state, const BatchOptions& options,
                              const CancelFlag& cancel);

}  // namespace hdrtile
