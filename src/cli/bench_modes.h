#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hdrtile/enhance.h"
#include "options.h"

namespace hdrtile::cli {

/// How one way to run the model did. Times are medians of its runs, after one of a single tile to warm up.
struct ModeFigures {
  ModelFlags flags;  ///< that way, as flags of enhance
  EngineInfo engine;
  MemoryPlan plan;
  int runs = 0;
  double prepare_ms = 0;
  double tiles_ms = 0;
  std::optional<std::int64_t> peak_bytes = {};  ///< of the process's memory while it ran; empty: Linux does not tell
  Photo result = {};

  [[nodiscard]] double network_ms() const noexcept { return prepare_ms + tiles_ms; }
};

/// Each precision that the device computes natively, through each engine; where `asked` names one of either, that
/// alone. The first is FP32 through TorchScript, always: what the others are compared with.
[[nodiscard]] std::vector<ModelFlags> modes_of(const ModelFlags& asked, const EngineInfo& device);

/// Enhances `photo` again and again for so many seconds, at least once. Throws Error: this way does not run here.
[[nodiscard]] ModeFigures measure_mode(const ModelFlags& flags, const Image& photo, double seconds,
                                       const CancelFlag& cancel);

/// The middle of a photo.
[[nodiscard]] Image middle_of(const Image& photo, Size size);

}  // namespace hdrtile::cli
