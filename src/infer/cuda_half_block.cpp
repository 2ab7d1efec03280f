#include <ATen/Functions.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>

#include "half_block.h"
#include "half_block_cuda.h"

namespace hdrtile {
namespace {

at::Tensor cuda_half_block(const at::Tensor& x, const at::Tensor& norm_weight, const at::Tensor& norm_bias,
                           const at::Tensor& expand, const at::Tensor& filters, const at::Tensor& project, bool gated) {
  const auto width = static_cast<int>(x.size(1));
  const bool fits = x.scalar_type() == at::kHalf && half_block_kernel::has_kernel(width) &&
                    norm_weight.numel() == width && expand.scalar_type() == at::kHalf &&
                    x.is_contiguous(at::MemoryFormat::ChannelsLast);
  if (!fits) return plain_half_block(x, norm_weight, norm_bias, expand, filters, project, gated);
  at::Tensor y = at::empty_like(x, at::MemoryFormat::ChannelsLast);
  const auto packed = [](const at::Tensor& weights) { return weights.to(at::kHalf).contiguous(); };
  const at::Tensor weights[] = {packed(norm_weight), packed(norm_bias), packed(expand), packed(filters),
                                packed(project)};
  const half_block_kernel::Launch what{.x = x.const_data_ptr(),
                                       .y = y.data_ptr(),
                                       .images = static_cast<int>(x.size(0)),
                                       .height = static_cast<int>(x.size(2)),
                                       .width = static_cast<int>(x.size(3)),
                                       .channels = width,
                                       .hidden = static_cast<int>(project.size(1)),
                                       .gated = gated,
                                       .norm_weight = weights[0].const_data_ptr(),
                                       .norm_bias = weights[1].const_data_ptr(),
                                       .expand = weights[2].const_data_ptr(),
                                       .filters = weights[3].const_data_ptr(),
                                       .project = weights[4].const_data_ptr()};
  const char* fault = half_block_kernel::launch(what, c10::cuda::getCurrentCUDAStream(x.device().index()).stream());
  if (fault == nullptr) return y;
  return plain_half_block(x, norm_weight, norm_bias, expand, filters, project, gated);  // too little shared memory
}

}  // namespace

TORCH_LIBRARY_IMPL(hdrtile, CUDA, library) { library.impl("half_block", &cuda_half_block); }

}  // namespace hdrtile
