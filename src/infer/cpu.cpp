#include "cpu.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <set>
#include <sstream>
#include <string_view>
#include <system_error>
#include <thread>

#include "hdrtile/cores.h"

namespace hdrtile {
namespace {

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The value of the first line of /proc/cpuinfo that starts with `key`; empty when there is none.
std::string cpuinfo_field(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with(key) && colon != std::string::npos) return line.substr(colon + 2);
  }
  return {};
}

/// The quota of one group: version 2 has "quota period" in one file, version 1 a file for each.
std::optional<double> group_quota(const std::filesystem::path& group) {
  double quota = 0;
  double period = 0;
  if (std::istringstream(read_text(group / "cpu.max")) >> quota >> period ||
      (std::istringstream(read_text(group / "cpu.cfs_quota_us")) >> quota &&
       std::istringstream(read_text(group / "cpu.cfs_period_us")) >> period)) {
    if (quota > 0 && period > 0) return quota / period;
  }
  return std::nullopt;
}

bool has_any(const std::vector<std::string>& flags, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names, [&](auto name) { return std::ranges::find(flags, name) != flags.end(); });
}

}  // namespace

std::string cpu_name() {
  const std::string name = cpuinfo_field("model name");
  return name.empty() ? "CPU" : name;
}

std::vector<std::string> cpu_flags() {
  std::istringstream flags(cpuinfo_field("flags"));
  return {std::istream_iterator<std::string>(flags), {}};
}

bool cpu_has_native_bf16() { return has_any(cpu_flags(), {"avx512_bf16", "amx_bf16"}); }

bool gains_by_bf16(const std::vector<std::string>& flags, const std::string& vendor) {
  return has_any(flags, {"amx_bf16"}) || (vendor != "GenuineIntel" && has_any(flags, {"avx512_bf16"}));
}

bool cpu_gains_by_bf16() { return gains_by_bf16(cpu_flags(), cpuinfo_field("vendor_id")); }

bool cpu_has_native_fp16() { return has_any(cpu_flags(), {"avx512_fp16", "amx_fp16"}); }

std::optional<double> cgroup_cpu_quota(const std::filesystem::path& root, const std::string& membership) {
  std::optional<double> tightest;
  std::istringstream lines(membership);  // "0::/a/b" (version 2) or "4:cpu,cpuacct:/a/b" (version 1)
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (!controllers.empty() && controllers.find("cpu") == std::string::npos) continue;
    const std::filesystem::path mount = root / controllers;
    // A container often sees its own group as the mount itself: the walk up ends there.
    for (std::filesystem::path group = std::filesystem::path(line.substr(second + 1)).relative_path();;
         group = group.parent_path()) {
      if (const auto quota = group_quota(mount / group)) tightest = std::min(tightest.value_or(*quota), *quota);
      if (group.empty()) break;
    }
  }
  return tightest;
}

int physical_cores(const std::vector<int>& processors, const std::filesystem::path& system) {
  std::set<std::string> cores;
  for (const int processor : processors) {
    const std::string name = "cpu" + std::to_string(processor);
    const std::string siblings = read_text(system / name / "topology/thread_siblings_list");
    cores.insert(siblings.empty() ? name : siblings);
  }
  return static_cast<int>(cores.size());
}

int usable_cores() {
  int cores = static_cast<int>(std::thread::hardware_concurrency());
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) {
    std::vector<int> processors;
    for (int i = 0; i < CPU_SETSIZE; ++i) {
      if (CPU_ISSET(i, &allowed)) processors.push_back(i);
    }
    cores = physical_cores(processors, "/sys/devices/system/cpu");
  }
  // Rounded down: threads beyond the quota are stopped in turn, and the others wait for them.
  if (const auto quota = cgroup_cpu_quota("/sys/fs/cgroup", read_text("/proc/self/cgroup"))) {
    cores = std::min(cores, static_cast<int>(*quota));
  }
  return std::max(cores, 1);
}

int allowed_threads(int most) {
  std::atomic<bool> ends = false;
  std::vector<std::jthread> tried;
  try {
    for (int i = 0; i < most; ++i) tried.emplace_back([&] { ends.wait(false); });
  } catch (const std::system_error&) {
  }
  ends = true;
  ends.notify_all();
  return static_cast<int>(tried.size());
}

std::int64_t host_memory_bytes() {
  const std::int64_t pages = sysconf(_SC_PHYS_PAGES);
  const std::int64_t page_size = sysconf(_SC_PAGESIZE);
  return pages > 0 && page_size > 0 ? pages * page_size : 0;
}

}  // namespace hdrtile
