// Kernels A and B of a contextual Restormer's block on tensor cores (half_block_body.h has the arithmetic).
#include <cuda_fp16.h>
#include <cuda_runtime_api.h>
#include <mma.h>

#include "half_block_body.h"
#include "half_block_cuda.h"

namespace hdrtile::half_block_kernel {
namespace {

struct Gpu {
  using Half = __half;
  using Sums = nvcuda::wmma::fragment<nvcuda::wmma::accumulator, fragment, fragment, fragment, float>;
  static constexpr int warps = 8;
  static constexpr int lanes = 32;

  static HDRTILE_DEVICE float to_float(Half value) { return __half2float(value); }
  static HDRTILE_DEVICE Half to_half(float value) { return __float2half_rn(value); }
  static HDRTILE_DEVICE float inverse_root(float value) { return rsqrtf(value); }
  static HDRTILE_DEVICE float gelu(float value) { return 0.5F * value * (1.0F + erff(value * 0.70710678F)); }

  static HDRTILE_DEVICE void zero(Sums& sums) { nvcuda::wmma::fill_fragment(sums, 0.0F); }
  /// a: rows of 16 values, b: the columns of the other factor as rows.
  static HDRTILE_DEVICE void multiply_add(Sums& sums, const Half* a, int a_row, const Half* b, int b_row) {
    namespace wmma = nvcuda::wmma;
    wmma::fragment<wmma::matrix_a, fragment, fragment, fragment, Half, wmma::row_major> left;
    wmma::fragment<wmma::matrix_b, fragment, fragment, fragment, Half, wmma::col_major> right;
    wmma::load_matrix_sync(left, a, a_row);
    wmma::load_matrix_sync(right, b, b_row);
    wmma::mma_sync(sums, left, right, sums);
  }
  static HDRTILE_DEVICE void store(float* out, const Sums& sums) {
    nvcuda::wmma::store_matrix_sync(out, sums, fragment, nvcuda::wmma::mem_row_major);
  }

  static HDRTILE_DEVICE int thread() { return static_cast<int>(threadIdx.x); }
  static HDRTILE_DEVICE int threads() { return warps * lanes; }
  static HDRTILE_DEVICE int warp() { return static_cast<int>(threadIdx.x) / lanes; }
  static HDRTILE_DEVICE int lane() { return static_cast<int>(threadIdx.x) % lanes; }
  static HDRTILE_DEVICE void sync() { __syncthreads(); }
  static HDRTILE_DEVICE void sync_warp() { __syncwarp(); }
};

template <int channels, bool gated>
__global__ void __launch_bounds__(Gpu::warps* Gpu::lanes) run_patches(Arguments<__half> arguments) {
  using Work = Patch<Gpu, channels, gated>;
  extern __shared__ __align__(128) unsigned char memory[];
  Work(arguments, *reinterpret_cast<typename Work::Memory*>(memory), static_cast<int>(blockIdx.z),
       static_cast<int>(blockIdx.y) * patch, static_cast<int>(blockIdx.x) * patch)
      .run();
}

template <int channels, bool gated>
const char* launch_as(const Launch& what, cudaStream_t stream) {
  constexpr auto* kernel = run_patches<channels, gated>;
  constexpr std::size_t bytes = sizeof(typename Patch<Gpu, channels, gated>::Memory);
  // More than 48 KiB must be asked for; once a GPU would do, but it costs nothing beside the kernel.
  cudaError_t fault =
      cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes));
  if (fault == cudaSuccess) {
    Arguments<__half> arguments;
    arguments.x = static_cast<const __half*>(what.x);
    arguments.y = static_cast<__half*>(what.y);
    arguments.height = what.height;
    arguments.width = what.width;
    arguments.hidden = what.hidden;
    arguments.norm_weight = static_cast<const __half*>(what.norm_weight);
    arguments.norm_bias = static_cast<const __half*>(what.norm_bias);
    arguments.expand = static_cast<const __half*>(what.expand);
    arguments.filters = static_cast<const __half*>(what.filters);
    arguments.project = static_cast<const __half*>(what.project);
    const dim3 grid((what.width + patch - 1) / patch, (what.height + patch - 1) / patch, what.images);
    kernel<<<grid, Gpu::warps * Gpu::lanes, bytes, stream>>>(arguments);
    fault = cudaGetLastError();
  }
  return fault == cudaSuccess ? nullptr : cudaGetErrorString(fault);
}

template <int channels>
const char* launch_with(const Launch& what, cudaStream_t stream) {
  return what.gated ? launch_as<channels, true>(what, stream) : launch_as<channels, false>(what, stream);
}

}  // namespace

const char* launch(const Launch& what, void* stream) {
  auto* const on = static_cast<cudaStream_t>(stream);
  switch (what.channels) {
    case 16:
      return launch_with<16>(what, on);
    case 32:
      return launch_with<32>(what, on);
    case 48:
      return launch_with<48>(what, on);
    case 64:
      return launch_with<64>(what, on);
    case 80:
      return launch_with<80>(what, on);
    case 96:
      return launch_with<96>(what, on);
    default:
      return "no kernel for so many channels";
  }
}

}  // namespace hdrtile::half_block_kernel
