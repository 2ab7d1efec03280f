#pragma once

#include <string>

namespace hdrtile {

/// What the environment variable HDRTILE_CUDA sets (docs/gpu.md): ways of computing that give the same picture, to be
/// compared on a GPU. Not flags, for none of them changes what a user gets.
struct CudaOptions {
  bool host = false;      ///< tiles are cut out and blended on the host
  bool blocking = false;  ///< copies wait: no pinned memory, no streams
  bool planar = false;    ///< activations are laid out NCHW in place of NHWC
  bool graphs = false;    ///< tile batches are captured as CUDA graphs and replayed
  bool kernels = false;   ///< fused kernels, where the model has a place for them
};

/// Words separated by commas, or nothing. Throws Error{usage} for a word that is none of the above.
[[nodiscard]] CudaOptions parse_cuda_options(const std::string& words);

/// Those of HDRTILE_CUDA.
[[nodiscard]] CudaOptions cuda_options();

}  // namespace hdrtile
