#pragma once

#include <torch/csrc/jit/api/module.h>

#include <memory>

#include "fused_trunk.h"
#include "tensors.h"

namespace hdrtile {

/// prepare() of models/contextual.py with its two networks, the painter and the trunk's statistics, run by fused kernels
/// in FP32; what lies between them is the model's own code, on one thread. So no sum depends on the number of threads,
/// and where many photos are on their way a core is left to decode and encode the neighbours, whose turn it is just
/// then. Not thread-safe.
class FusedPrepare {
 public:
  /// Whether a module has the methods that this takes: prepare_pictures() and prepare_guide().
  [[nodiscard]] static bool may_know(const torch::jit::Module& module);

  /// Throws NotFused where the networks are no Restormers of models/restormer.py. `kernels` are those in FP32.
  FusedPrepare(const torch::jit::Module& module, const kernels::Kernels& kernels, int threads);

  /// preview: [1, 3, H, W]. What prepare() gives, to rounding; fails as the module's methods do.
  [[nodiscard]] TensorContext run(const at::Tensor& preview);

 private:
  torch::jit::Module module_;
  std::unique_ptr<Workers> workers_;
  FusedTrunk painter_, trunk_;
};

}  // namespace hdrtile
