#pragma once

#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <optional>
#include <span>

#include "fused_prepare.h"
#include "fused_trunk.h"
#include "hdrtile/engine.h"
#include "tensors.h"
#include "windowed_attention.h"

namespace hdrtile {

/// The tile pass of a model by fused kernels in place of TorchScript: of the contextual models of models/contextual.py
/// (guide, Restormer, wavelet shrinkage) and their draft(), and of the Restormers of models/restorer.py. Attention with
/// statistics of windows is the model's own code. Of contextual models it does prepare(), too, in FP32.
class FusedPass {
 public:
  /// Throws NotFused where the model is none of these, where the CPU has no kernels for `precision`, or where the
  /// kernels in FP32 and the module do not agree to 60 dB on a small random photo: whatever its layers are called, a
  /// model is not computed wrongly. `module` is in FP32, `working` in `precision`: it is only used where it takes
  /// statistics.
  [[nodiscard]] static std::unique_ptr<FusedPass> of(torch::jit::Module& module, const torch::jit::Module& working,
                                                     const ModelInfo& model, Precision precision, int threads);

  /// Whether a module is worth a try: its parts have the names of ours.
  [[nodiscard]] static bool may_know(const torch::jit::Module& module);

  /// "avx512_bf16"
  [[nodiscard]] const char* instructions() const noexcept { return kernels_->name; }

  /// As Engine::prepare; none where the model's own code is to do it.
  [[nodiscard]] std::optional<TensorContext> prepare(std::span<const float> preview, Size size);

  /// One tile, as Engine::run. The kernels' results do not depend on the number of threads.
  void run(const TileBatch& tile, const TensorContext* context, std::span<float> out);

 private:
  FusedPass(const torch::jit::Module& module, const torch::jit::Module& working, const ModelInfo& model,
            const kernels::Kernels& kernels, int threads);
  /// Whether this and the module give the same.
  [[nodiscard]] bool agrees(torch::jit::Module& module, const ModelInfo& model);
  /// Whether guide and mix have the shapes of this model's.
  [[nodiscard]] bool fits(const TensorContext& context) const;
  /// The guide as kernels read it, packed once a photo.
  [[nodiscard]] const kernels::Guide& packed(const at::Tensor& guide);
  void tone(const TileBatch& tile, const at::Tensor& guide, float* out);
  void shrink(const float* gains, kernels::Size size, std::span<float> out);

  const kernels::Kernels* kernels_;
  std::unique_ptr<Workers> workers_;
  std::optional<FusedPrepare> prepare_;
  bool toned_;                       ///< by a guide, with maps of gains for the wavelet's bands
  std::optional<FusedTrunk> trunk_;  ///< none: a draft
  std::optional<WindowedAttention> windowed_;
  at::Tensor packed_of_;
  std::optional<kernels::PackedGuide> guide_;
  kernels::Floats toned_tile_;
  kernels::Floats smooth_[2];
};

}  // namespace hdrtile
