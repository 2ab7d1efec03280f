#pragma once

#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <span>
#include <vector>

#include "fused_trunk.h"
#include "hdrtile/engine.h"
#include "tensors.h"

namespace hdrtile {

/// The tile pass of a model by fused kernels in place of TorchScript: of the contextual models of models/contextual.py
/// (guide, Restormer, wavelet shrinkage) and of models/restorer.py with statistics from a preview.
class FusedPass {
 public:
  /// Throws NotFused where the model is none of these, where the CPU has no kernels for `precision`, or where the
  /// kernels in FP32 and the module's forward() do not agree to 60 dB on a small random photo: whatever its layers are
  /// called, a model is not computed wrongly. `module` is in FP32.
  [[nodiscard]] static std::unique_ptr<FusedPass> of(torch::jit::Module& module, const ModelInfo& model,
                                                     Precision precision);

  /// "avx512_bf16"
  [[nodiscard]] const char* instructions() const noexcept { return kernels_->name; }

  /// One tile, planes in and out, as Engine::run. The result does not depend on the number of threads.
  void run(const TileBatch& tile, const TensorContext& context, std::span<float> out);

 private:
  FusedPass(const NamedWeights& weights, int pictures, const kernels::Kernels& kernels);
  /// Whether forward() and this give the same.
  [[nodiscard]] bool agrees(torch::jit::Module& module, const ModelInfo& model);
  /// Whether guide and mix have the shapes of this model's.
  [[nodiscard]] bool fits(const TensorContext& context) const;
  void tone(const TileBatch& tile, const at::Tensor& guide);
  void shrink(const float* gains, kernels::Size size, std::span<float> out);

  const kernels::Kernels* kernels_;
  bool toned_;  ///< by a guide, with maps of gains for the wavelet's bands
  FusedTrunk trunk_;
  kernels::Floats toned_tile_;
  kernels::Floats smooth_[2];
};

}  // namespace hdrtile
