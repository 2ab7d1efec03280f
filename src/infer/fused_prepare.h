#pragma once

#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <utility>
#include <vector>

#include "fused_trunk.h"
#include "tensors.h"

namespace hdrtile {

/// prepare() of models/contextual.py with what is dear in it, the painter, the trunk's statistics, the exposure fusion
/// and the guide's fit, run by kernels in FP32; what lies between them is the model's own code, on one thread. So no
/// sum depends on the number of threads. Not thread-safe.
class FusedPrepare {
 public:
  /// Whether a module has the methods that this takes: prepare_light(), prepare_pictures() and prepare_painted().
  [[nodiscard]] static bool may_know(const torch::jit::Module& module);

  /// Throws NotFused where the networks are no Restormers of models/restormer.py. `kernels` are those in FP32.
  FusedPrepare(const torch::jit::Module& module, const kernels::Kernels& kernels, int threads);

  /// preview: [1, 3, H, W]. What prepare() gives, to rounding; fails as the module's methods do.
  [[nodiscard]] TensorContext run(const at::Tensor& preview);

 private:
  /// Of a method that gives two tensors.
  std::pair<at::Tensor, at::Tensor> call(const char* method, std::vector<c10::IValue> inputs);

  torch::jit::Module module_;
  int guide_depth_;
  std::unique_ptr<Workers> workers_;
  FusedTrunk painter_, trunk_;
};

}  // namespace hdrtile
