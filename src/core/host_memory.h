#pragma once

#include <cstdint>
#include <filesystem>

namespace hdrtile {

/// free_host_memory() of the system whose /proc and /sys lie under `root`.
[[nodiscard]] std::int64_t free_host_memory(const std::filesystem::path& root);

}  // namespace hdrtile
