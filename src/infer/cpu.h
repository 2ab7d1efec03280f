#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hdrtile {

/// As /proc/cpuinfo names it; "CPU" where it does not.
[[nodiscard]] std::string cpu_name();

/// The instruction sets of the CPU and more, as /proc/cpuinfo names them; empty where it does not.
[[nodiscard]] std::vector<std::string> cpu_flags();

/// Whether the CPU multiplies BF16 in hardware (AVX-512 or AMX). Emulated BF16 is slower than FP32.
[[nodiscard]] bool cpu_has_native_bf16();

/// Whether they multiply BF16 faster than FP32: by AMX, or by AVX-512 unless it is Intel's, which has two units for
/// FP32 and one for BF16. Such CPUs without AMX are Cooper Lake, and later ones in virtual machines that hide it.
[[nodiscard]] bool gains_by_bf16(const std::vector<std::string>& flags, const std::string& vendor);

/// The same of the CPU at hand.
[[nodiscard]] bool cpu_gains_by_bf16();

/// Whether the CPU multiplies FP16 in hardware.
[[nodiscard]] bool cpu_has_native_fp16();

/// Different cores among logical processors; `system` is where the system tells of them (/sys/devices/system/cpu). One
/// that it does not tell of is a core.
[[nodiscard]] int physical_cores(const std::vector<int>& processors, const std::filesystem::path& system);

/// How many threads more the system lets start, all at once, up to `most`: found by starting them.
[[nodiscard]] int allowed_threads(int most);

/// Memory of the machine in bytes; 0: unknown.
[[nodiscard]] std::int64_t host_memory_bytes();

/// The tightest CPU quota, in cores, of a process whose /proc/self/cgroup reads `membership`, with the cgroup file
/// systems (version 2 or 1) mounted at `root`. Empty: none.
[[nodiscard]] std::optional<double> cgroup_cpu_quota(const std::filesystem::path& root, const std::string& membership);

}  // namespace hdrtile
