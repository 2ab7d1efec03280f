#include "host_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

#include "hdrtile/memory_plan.h"

namespace hdrtile {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

/// The number in a file; nothing where it is missing or says "max".
std::optional<std::int64_t> number_in(const fs::path& file) {
  std::ifstream in(file);
  std::int64_t value = 0;
  return in >> value ? std::optional(value) : std::nullopt;
}

/// The number behind `key` in a file of lines "key number".
std::optional<std::int64_t> entry_in(const fs::path& file, const std::string& key) {
  std::ifstream in(file);
  std::string name;
  std::int64_t value = 0;
  for (std::string line; in >> name >> value; std::getline(in, line)) {
    if (name == key) return value;
  }
  return std::nullopt;
}

/// File names of the two versions of cgroups.
constexpr auto limit_of_version_2 = "memory.max";
constexpr auto limit_of_version_1 = "memory.limit_in_bytes";

/// The least of a group and its parents: each of them limits. A container sees its own group as the top.
std::int64_t limit_along(const fs::path& top, const std::string& group, const char* name) {
  std::int64_t least = number_in(top / name).value_or(unlimited);
  fs::path path = top;
  for (const auto& part : fs::path(group).relative_path()) {
    path /= part;
    least = std::min(least, number_in(path / name).value_or(unlimited));
  }
  return least;
}

std::int64_t limit_by_cgroups(const fs::path& root) {
  const fs::path top = root / "sys/fs/cgroup";
  std::ifstream in(root / "proc/self/cgroup");
  std::int64_t least = unlimited;
  for (std::string line; std::getline(in, line);) {  // hierarchy:controllers:/group
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    std::string controllers{','};
    controllers.append(line, first + 1, second - first - 1).push_back(',');
    const std::string group = line.substr(second + 1);
    if (controllers == ",,") least = std::min(least, limit_along(top, group, limit_of_version_2));
    if (controllers.find(",memory,") != std::string::npos) {
      least = std::min(least, limit_along(top / "memory", group, limit_of_version_1));
    }
  }
  return least;
}

}  // namespace

std::int64_t host_memory(const fs::path& root) {
  const auto total_kib = entry_in(root / "proc/meminfo", "MemTotal:");
  return std::min(total_kib ? *total_kib * 1024 : unlimited, limit_by_cgroups(root));
}

std::int64_t host_memory() { return host_memory("/"); }

}  // namespace hdrtile
