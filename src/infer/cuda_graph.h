#pragma once

#include "graphed_forward.h"

namespace hdrtile {

/// CUDA graphs on the current device.
[[nodiscard]] Recorder cuda_graph_recorder();

}  // namespace hdrtile
