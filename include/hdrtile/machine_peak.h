#pragma once

#include <string>

#include "hdrtile/engine.h"

namespace hdrtile {

/// What a device does at most, as LibTorch's own operations reach it: the fastest of as many calls as `seconds` have
/// room for, at least one after one to warm up. `device` is an engine's: "cpu" or "cuda:N"; on a CPU with the threads
/// of the engine made last. Throw Error{device} or Error{out_of_memory}.

/// FLOP/s of a large matrix product; a multiply-add counts as two.
[[nodiscard]] double peak_flop_per_s(const std::string& device, Precision precision, double seconds);

/// Bytes per second of a large copy, read and written.
[[nodiscard]] double peak_copy_bytes_per_s(const std::string& device, double seconds);

}  // namespace hdrtile
