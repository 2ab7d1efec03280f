#pragma once

#include <c10/core/Device.h>

#include <string>
#include <vector>

#include "hdrtile/engine.h"

namespace hdrtile {

struct ChosenDevice {
  c10::Device device;
  DeviceInfo info;
  std::vector<std::string> notes;  ///< why `auto` took the CPU
};

/// `asked`: auto | cpu | cuda | cuda:N. Throws Error{device} for a GPU that is not there or cannot be used,
/// Error{usage} for anything else.
[[nodiscard]] ChosenDevice choose_device(const std::string& asked);

/// What its code is compiled for, "sm_90"; empty for a CPU.
[[nodiscard]] std::string gpu_architecture(c10::Device device);

/// `asked`: auto | fp32 | fp16 | bf16 | int8 | mixed. Throws Error{usage}.
[[nodiscard]] Precision choose_precision(const std::string& asked, const ChosenDevice& chosen);

}  // namespace hdrtile
