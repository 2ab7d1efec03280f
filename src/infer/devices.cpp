#include "devices.h"

#include <ATen/Functions.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include "call_scope.h"
#include "cpu.h"
#include "cuda_part.h"
#include "device_names.h"
#include "hdrtile/error.h"

namespace hdrtile {
namespace {

#ifdef HDRTILE_CUDA
constexpr bool built_with_cuda = true;
#else
constexpr bool built_with_cuda = false;
#endif

DeviceInfo cpu_info() {
  return {.id = "cpu", .name = cpu_name(), .memory_bytes = host_memory_bytes(), .native_bf16 = cpu_has_native_bf16()};
}

DeviceInfo cuda_info(int index) {
  DeviceInfo info{.id = "cuda:" + std::to_string(index), .name = "CUDA device"};
  const CudaPart* cuda = cuda_part();
  if (const auto facts = cuda != nullptr ? cuda->facts(index) : std::nullopt) {
    info.name = facts->name;
    info.memory_bytes = facts->memory_bytes;
    info.native_bf16 = facts->major >= 8;
  }
  return info;
}

/// GPUs that LibTorch sees, and why it sees none.
struct Gpus {
  int count = 0;
  std::string reason;
};

Gpus find_gpus() {
  Gpus found;
  if (cuda_part(found.reason) == nullptr) return found;
  const CallScope scope;
  found.count = torch::cuda::device_count();
  if (found.count == 0) found.reason = scope.last_warning().empty() ? "no GPU" : essence_of(scope.last_warning());
  return found;
}

/// LibTorch counts once, and warns then alone.
int cuda_count(std::string& reason) {
  static const Gpus gpus = find_gpus();
  reason = gpus.reason;
  return gpus.count;
}

/// Why the GPU does not work (too old for this LibTorch, taken, broken); empty when it does.
std::string fault_of(c10::Device device) {
  const CallScope scope;
  try {
    return at::ones({2}, device).sum().item<float>() == 2.F ? "" : "it computes wrong results";
  } catch (const std::exception& caught) {
    return essence_of(caught.what());
  }
}

ChosenDevice cpu_device(std::vector<std::string> notes = {}) { return {c10::kCPU, cpu_info(), std::move(notes)}; }

ChosenDevice cuda_device(int index, int count, const std::string& reason) {
  if (count == 0) throw Error(ErrorCode::device, "no CUDA device: " + reason + "; use --device cpu or auto");
  if (index >= count) {
    throw Error(ErrorCode::device, "no CUDA device " + std::to_string(index) + ": there are " + std::to_string(count) +
                                       ", counted from 0; use --device cuda:N, cpu or auto");
  }
  const c10::Device device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
  if (const std::string fault = fault_of(device); !fault.empty()) {
    throw Error(ErrorCode::device, "CUDA device " + std::to_string(index) + " (" + cuda_info(index).name +
                                       ") cannot be used: " + fault + "; use --device cpu or auto");
  }
  watch_cuda_memory();
  return {device, cuda_info(index), {}};
}

}  // namespace

ChosenDevice choose_device(const std::string& asked) {
  if (asked == "cpu") return cpu_device();
  const bool may_fall_back = asked == "auto";
  const std::vector<int> indices = may_fall_back ? std::vector{0} : cuda_indices(asked);
  if (indices.size() > 1) {
    throw Error(ErrorCode::usage, "device '" + asked + "': one engine runs on one GPU; make one for each");
  }
  const int index = indices.front();
  std::string reason;
  const int count = cuda_count(reason);
  if (may_fall_back && count == 0) {
    if (!built_with_cuda) return cpu_device();  // nothing was expected, nothing to tell
    return cpu_device({"no CUDA device found (" + reason + "): running on the CPU"});
  }
  try {
    return cuda_device(index, count, reason);
  } catch (const Error& error) {
    if (!may_fall_back) throw;
    return cpu_device({std::string(error.what()) + ": running on the CPU"});
  }
}

std::string gpu_architecture(c10::Device device) {
  const CudaPart* cuda = device.is_cuda() ? cuda_part() : nullptr;
  const auto facts = cuda != nullptr ? cuda->facts(device.index()) : std::nullopt;
  return facts ? "sm_" + std::to_string(facts->major) + std::to_string(facts->minor) : "";
}

Precision choose_precision(const std::string& asked, const ChosenDevice& chosen) {
  for (const Precision precision : all_precisions) {
    if (asked == to_string(precision)) return precision;
  }
  if (asked != "auto") {
    throw Error(ErrorCode::usage, "precision '" + asked + "' is none of auto, fp32, fp16, bf16, int8, mixed");
  }
  if (chosen.device.is_cuda()) return Precision::fp16;
  return cpu_gains_by_bf16() ? Precision::bf16 : Precision::fp32;
}

std::vector<DeviceInfo> list_devices() {
  std::vector<DeviceInfo> devices = {cpu_info()};
  std::string reason;
  const int count = cuda_count(reason);
  for (int i = 0; i < count; ++i) devices.push_back(cuda_info(i));
  return devices;
}

std::string backend_version() {
  return std::string("LibTorch ") + TORCH_VERSION + (built_with_cuda ? " with CUDA" : " without CUDA");
}

}  // namespace hdrtile
