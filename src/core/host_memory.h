#pragma once

#include <cstdint>
#include <filesystem>

namespace hdrtile {

/// host_memory() of the system whose /proc and /sys lie under `root`.
[[nodiscard]] std::int64_t host_memory(const std::filesystem::path& root);

}  // namespace hdrtile
