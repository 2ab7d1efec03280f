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

/// File names of one version of cgroups.
struct Names {
  const char* limit;
  const char* usage;
  const char* reclaimable;  // in memory.stat: file pages that the kernel drops when memory runs short
};
constexpr Names version_2{"memory.max", "memory.current", "inactive_file"};
constexpr Names version_1{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};

std::int64_t free_in_group(const fs::path& group, const Names& names) {
  const auto limit = number_in(group / names.limit);
  const auto usage = number_in(group / names.usage);
  if (!limit || !usage) return unlimited;
  return *limit - *usage + entry_in(group / "memory.stat", names.reclaimable).value_or(0);
}

/// The least of a group and its parents: each of them limits. A container sees its own group as the top.
std::int64_t free_along(const fs::path& top, const std::string& group, const Names& names) {
  std::int64_t least = free_in_group(top, names);
  fs::path path = top;
  for (const auto& part : fs::path(group).relative_path()) {
    path /= part;
    least = std::min(least, free_in_group(path, names));
  }
  return least;
}

std::int64_t free_by_cgroups(const fs::path& root) {
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
    if (controllers == ",,") least = std::min(least, free_along(top, group, version_2));
    if (controllers.find(",memory,") != std::string::npos) {
      least = std::min(least, free_along(top / "memory", group, version_1));
    }
  }
  return least;
}

}  // namespace

std::int64_t free_host_memory(const fs::path& root) {
  const auto available_kib = entry_in(root / "proc/meminfo", "MemAvailable:");
  const std::int64_t available = available_kib ? *available_kib * 1024 : unlimited;
  return std::max<std::int64_t>(std::min(available, free_by_cgroups(root)), 0);
}

std::int64_t free_host_memory() { return free_host_memory("/"); }

}  // namespace hdrtile
