#include <dlfcn.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "call_scope.h"
#include "engines.h"
#include "hdrtile/error.h"
#include "tensors.h"

namespace hdrtile {
namespace {

bool fits(const at::Tensor& tensor, const std::vector<std::int64_t>& shape) {
  return tensor.sizes().size() == shape.size() &&
         std::equal(shape.begin(), shape.end(), tensor.sizes().begin(),
                    [](std::int64_t allowed, std::int64_t size) { return allowed == 0 || allowed == size; });
}

/// Compiled code names libtorch.so, which does nothing but name both halves of LibTorch, and not where it lies; hdrtile
/// links one of them, and knows where. Where it cannot be found the code's own loading will say so.
void load_what_code_names() { (void)::dlopen("libtorch.so", RTLD_LAZY); }

class CompiledEngine final : public Engine {
 public:
  CompiledEngine(std::unique_ptr<Engine> fp32, const ChosenDevice& chosen, const CompiledPackage& package,
                 Precision precision)
      : fp32_(std::move(fp32)),
        model_(fp32_->model()),
        info_(fp32_->info()),
        placement_{chosen.device, at::MemoryFormat::ChannelsLast},
        inputs_(package.inputs),
        subject_("compiled package '" + package.file.string() + "'") {
    info_.backend = "aotinductor";
    info_.package = package.id();
    info_.precision = precision;
    if (!package.below_limit.empty()) {
      info_.warnings.push_back(subject_ + " was installed by force below the limit of quality: " + package.below_limit);
    }
    auto& shapes = model_.shapes;
    shapes.min = std::max(shapes.min, package.smallest_side);
    shapes.max = std::min(shapes.max, package.largest_side);
    if (inputs_.size() != (model_.contextual ? 4U : 1U) || shapes.min > shapes.max || !shapes.fixed.empty()) {
      throw Error(ErrorCode::model, subject_ + " is not for this kind of model");
    }
    load_what_code_names();
    torch_call(subject_, [&] {
      loader_.emplace(package.file.string(), "model", /*run_single_threaded=*/false, /*num_runners=*/1,
                      chosen.device.index());
    });
  }

  const ModelInfo& model() const noexcept override { return model_; }
  const EngineInfo& info() const noexcept override { return info_; }

  std::unique_ptr<PhotoContext> prepare(std::span<const float> preview, Size size) override {
    return fp32_->prepare(preview, size);
  }

  RunStats run(const TileBatch& tiles, const PhotoContext* context, std::span<float> out) override {
    const TensorContext* tensors = checked_context(model_, tiles, context, out);
    const auto [shorter, longer] = std::minmax(tiles.height, tiles.width);
    if (shorter < model_.shapes.min || longer > model_.shapes.max || tiles.height % model_.multiple != 0 ||
        tiles.width % model_.multiple != 0) {
      throw std::invalid_argument("run: tiles of a size that model() does not state");
    }
    RunStats stats;
    const std::size_t out_tile = out.size() / tiles.count;
    for (int i = 0; i < tiles.count; ++i) {
      const auto result = out.subspan(out_tile * i, out_tile);
      const TileBatch tile = one_of(tiles, i);
      torch_call(subject_, [&] { compute(tile, tensors, result); });
      if (all_finite(result)) continue;
      (void)fp32_->run(tile, context, result);
      ++stats.redone_fp32;
    }
    return stats;
  }

 private:
  /// Tiles stay FP32 whatever the package computes in. Compiled code takes its inputs' shapes on trust, and reads past
  /// their ends where they are others.
  void compute(const TileBatch& tile, const TensorContext* context, std::span<float> out) {
    auto inputs = inputs_of(tile, context, at::kFloat, placement_, /*handed_over=*/true);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!fits(inputs[i], inputs_[i])) {
        throw Error(ErrorCode::model, subject_ + " does not take an input of shape " + shape_of(inputs[i].sizes()) +
                                          "; use --engine torchscript");
      }
      if (i > 0) inputs[i] = inputs[i].contiguous();
    }
    const auto outputs = loader_->run(inputs);
    store(outputs.at(0), tile, model_.scale, subject_, out);
  }

  std::unique_ptr<Engine> fp32_;
  ModelInfo model_;
  EngineInfo info_;
  Placement placement_;
  std::vector<std::vector<std::int64_t>> inputs_;
  std::string subject_;
  std::optional<torch::inductor::AOTIModelPackageLoader> loader_;
};

}  // namespace

std::unique_ptr<Engine> make_compiled_engine(const EngineOptions& options, const ChosenDevice& chosen,
                                             const CompiledPackage& package, Precision precision) {
  EngineOptions in_fp32 = options;
  in_fp32.precision = to_string(Precision::fp32);
  return std::make_unique<CompiledEngine>(make_torchscript_engine(in_fp32, chosen, {}), chosen, package, precision);
}

}  // namespace hdrtile
