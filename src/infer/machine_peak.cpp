#include "hdrtile/machine_peak.h"

#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>

#include <algorithm>
#include <chrono>

#include "call_scope.h"
#include "tensors.h"

namespace hdrtile {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Work per second of the fastest call. `result` is what the calls write: reading one value of it waits for a GPU.
template <typename Call>
double best_rate(double work, double seconds, const at::Tensor& result, const Call& call) {
  const auto timed = [&] {
    const auto start = std::chrono::steady_clock::now();
    call();
    (void)result.flatten()[0].item<float>();
    return seconds_since(start);
  };
  (void)timed();
  double least = timed();
  const auto start = std::chrono::steady_clock::now();
  while (seconds_since(start) < seconds) least = std::min(least, timed());
  return work / least;
}

}  // namespace

double peak_flop_per_s(const std::string& device, Precision precision, double seconds) {
  return torch_call("a matrix product on " + device, [&] {
    const c10::Device place(device);
    const std::int64_t side = place.is_cuda() ? 8192 : 2048;
    const at::Tensor a = at::ones({side, side}, at::device(place).dtype(scalar_type(precision)));
    const at::Tensor b = at::ones({side, side}, a.options());
    at::Tensor product = at::empty_like(a);
    const auto length = static_cast<double>(side);
    return best_rate(2 * length * length * length, seconds, product, [&] { at::mm_out(product, a, b); });
  });
}

double peak_copy_bytes_per_s(const std::string& device, double seconds) {
  return torch_call("a copy on " + device, [&] {
    const at::Tensor source = at::ones({std::int64_t{1} << 26}, at::device(c10::Device(device)).dtype(at::kFloat));
    const at::Tensor target = at::empty_like(source);
    return best_rate(2 * static_cast<double>(source.nbytes()), seconds, target, [&] { target.copy_(source); });
  });
}

}  // namespace hdrtile
