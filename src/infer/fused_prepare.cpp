#include "fused_prepare.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace hdrtile {
namespace {

/// Pictures side by side in channels, [1, 3 * n, H, W], as the kernels take them: n of [H][W][3].
class Pictures {
 public:
  explicit Pictures(const at::Tensor& planes)
      : size_{static_cast<int>(planes.size(2)), static_cast<int>(planes.size(3))},
        pixels_(planes.unflatten(1, {-1, 3}).permute({0, 1, 3, 4, 2}).contiguous()) {
    for (std::int64_t i = 0; i < pixels_.size(1); ++i) each_.push_back(pixels_[0][i].const_data_ptr<float>());
  }
  [[nodiscard]] const std::vector<const float*>& each() const noexcept { return each_; }
  [[nodiscard]] kernels::Size size() const noexcept { return size_; }

 private:
  kernels::Size size_;
  at::Tensor pixels_;
  std::vector<const float*> each_;
};

/// LibTorch has one thread, while this lives.
class OneThread {
 public:
  OneThread() : before_(at::get_num_threads()) { at::set_num_threads(1); }
  ~OneThread() { at::set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

std::pair<at::Tensor, at::Tensor> two_tensors(const c10::IValue& made, const char* method) {
  if (made.isTuple() && made.toTupleRef().elements().size() == 2) {
    const auto& elements = made.toTupleRef().elements();
    if (elements[0].isTensor() && elements[1].isTensor()) return {elements[0].toTensor(), elements[1].toTensor()};
  }
  throw NotFused{std::string("its ") + method + "() does not give two tensors"};
}

}  // namespace

bool FusedPrepare::may_know(const torch::jit::Module& module) {
  return module.hasattr("painter") && module.find_method("prepare_pictures") && module.find_method("prepare_guide");
}

FusedPrepare::FusedPrepare(const torch::jit::Module& module, const kernels::Kernels& kernels, int threads)
    : module_(module),
      workers_(std::make_unique<Workers>(std::max(threads - 1, 1))),
      painter_(NamedWeights(module), "painter.net", 3, Statistics::of_tile, kernels, *workers_),
      trunk_(NamedWeights(module), "trunk", 2, Statistics::of_tile, kernels, *workers_) {
  if (painter_.maps() != 0) throw NotFused{"its painter is not that of models/contextual.py"};
}

TensorContext FusedPrepare::run(const at::Tensor& preview) {
  const OneThread alone;
  const auto [pictures, padded] = two_tensors(module_.get_method("prepare_pictures")({preview}), "prepare_pictures");
  const Pictures seen(padded);
  const auto [height, width] = seen.size();
  // The painter's maps have half the size; the kernels spread them over it.
  const auto residual = painter_.run(seen.each(), seen.size()).residual;
  const auto spread = view_of_pixels({residual, std::size_t{3} * height * width}, 1, height, width);
  const auto maps = at::pixel_unshuffle(spread.contiguous(), 2);
  const auto [guide, judged] = two_tensors(module_.get_method("prepare_guide")({pictures, maps}), "prepare_guide");
  const Pictures statistics(judged);
  (void)trunk_.run(statistics.each(), statistics.size());
  const auto mixes = trunk_.taken_mixes();
  auto mix = at::empty({1, static_cast<std::int64_t>(mixes.size())});
  std::ranges::copy(mixes, mix.data_ptr<float>());
  return {guide, mix};
}

}  // namespace hdrtile
