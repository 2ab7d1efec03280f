#include "fused_prepare.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "call_scope.h"
#include "kernels/exposure_fusion.h"
#include "kernels/guide_fit.h"

namespace hdrtile {
namespace {

kernels::Size size_of(const at::Tensor& planes) {
  return {.height = static_cast<int>(planes.size(2)), .width = static_cast<int>(planes.size(3))};
}

/// Pictures side by side in channels, [1, 3 * n, H, W], as the kernels take them: n of [H][W][3].
class Pictures {
 public:
  explicit Pictures(const at::Tensor& planes)
      : size_(size_of(planes)), pixels_(planes.unflatten(1, {-1, 3}).permute({0, 1, 3, 4, 2}).contiguous()) {
    for (std::int64_t i = 0; i < pixels_.size(1); ++i) each_.push_back(pixels_[0][i].const_data_ptr<float>());
  }
  [[nodiscard]] const std::vector<const float*>& each() const noexcept { return each_; }
  [[nodiscard]] kernels::Size size() const noexcept { return size_; }

 private:
  kernels::Size size_;
  at::Tensor pixels_;
  std::vector<const float*> each_;
};

at::Tensor fused_exposures(const at::Tensor& light) {
  const at::Tensor from = light.contiguous();
  at::Tensor fused = at::empty_like(from);
  kernels::fuse_exposures(values_of(from), size_of(from), {fused.data_ptr<float>(), values_of(from).size()});
  return fused;
}

at::Tensor fitted_guide(const at::Tensor& photo, const at::Tensor& wanted, int depth) {
  const kernels::Size size = size_of(photo);
  const kernels::Size cells = kernels::guide_size(size);
  const auto values = kernels::fit_guide(values_of(photo.contiguous()), values_of(wanted.contiguous()), size, depth);
  at::Tensor guide = at::empty({1, 6, depth, cells.height, cells.width});
  std::ranges::copy(values, guide.data_ptr<float>());
  return guide;
}

}  // namespace

bool FusedPrepare::may_know(const torch::jit::Module& module) {
  return module.hasattr("painter") && module.hasattr("guide_depth") && module.find_method("prepare_light") &&
         module.find_method("prepare_pictures") && module.find_method("prepare_painted");
}

FusedPrepare::FusedPrepare(const torch::jit::Module& module, const kernels::Kernels& kernels, int threads)
    : module_(module),
      guide_depth_(static_cast<int>(module.attr("guide_depth").toInt())),
      workers_(std::make_unique<Workers>(threads)),
      painter_(NamedWeights(module), "painter.net", 3, Statistics::of_tile, kernels, *workers_),
      trunk_(NamedWeights(module), "trunk", 2, Statistics::of_tile, kernels, *workers_) {
  if (painter_.maps() != 0) throw NotFused{"its painter is not that of models/contextual.py"};
}

std::pair<at::Tensor, at::Tensor> FusedPrepare::call(const char* method, std::vector<c10::IValue> inputs) {
  const c10::IValue made = module_.get_method(method)(std::move(inputs));
  if (made.isTuple() && made.toTupleRef().elements().size() == 2) {
    const auto& elements = made.toTupleRef().elements();
    if (elements[0].isTensor() && elements[1].isTensor()) return {elements[0].toTensor(), elements[1].toTensor()};
  }
  throw NotFused{std::string("its ") + method + "() does not give two tensors"};
}

TensorContext FusedPrepare::run(const at::Tensor& preview) {
  const OneThread alone;
  const auto [small, light] = call("prepare_light", {preview});
  const auto [pictures, padded] = call("prepare_pictures", {small, light, fused_exposures(light)});
  const Pictures seen(padded);
  const auto [height, width] = seen.size();
  // The painter's maps have half the size; the kernels spread them over it.
  const auto residual = painter_.run(seen.each(), seen.size()).residual;
  const auto spread = view_of_pixels({residual, std::size_t{3} * height * width}, 1, height, width);
  const auto maps = at::pixel_unshuffle(spread.contiguous(), 2);
  const auto [painted, judged] = call("prepare_painted", {pictures, maps});
  const Pictures statistics(judged);
  const auto mixes = trunk_.take_mixes(statistics.each(), statistics.size());
  auto mix = at::empty({1, static_cast<std::int64_t>(mixes.size())});
  std::ranges::copy(mixes, mix.data_ptr<float>());
  return {fitted_guide(small, painted, guide_depth_), mix};
}

}  // namespace hdrtile
