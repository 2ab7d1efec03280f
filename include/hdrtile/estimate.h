#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "hdrtile/pipeline.h"

namespace hdrtile {

/// What a batch will take, by trying a few of its photos.
struct Estimate {
  double seconds = 0;               ///< from the engine's being there until the last photo is written
  std::vector<std::int64_t> bytes;  ///< of each output, in the order of the photos
  int tried = 0;                    ///< photos
};

struct TrialOptions {
  double seconds = 15;       ///< no further photo of a kind that was tried is begun after this
  double most_seconds = 60;  ///< none at all is begun after this
  int cores = 1;             ///< that decoders, encoders and the engine share
  int devices = 1;           ///< like the engine's that will share the photos
  std::function<void(std::size_t photo)> on_try = {};
  std::function<void(std::size_t photo, const Error& error)> on_fault = {};  ///< it will fail in the run, too
};

/// Tries photos spread over the batch: decoded, a few tiles of each enhanced, encoded; in memory, nothing is written.
/// `photos`: what examine_batch told of those to be enhanced, with `plan` and `output_size` filled in. Throws
/// Error{cancelled}, and what ends a batch: faults of the model or the device.
[[nodiscard]] Estimate estimate_batch(std::span<const PhotoResult> photos, Engine& engine, const BatchOptions& options,
                                      const TrialOptions& trial, const CancelFlag& cancel);

}  // namespace hdrtile
