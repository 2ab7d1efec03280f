#include "device_names.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "hdrtile/engine.h"
#include "hdrtile/error.h"

namespace hdrtile {
namespace {

constexpr int most_devices = 127;  // as LibTorch counts

}  // namespace

std::vector<int> cuda_indices(const std::string& asked) {
  if (asked == "cuda") return {0};
  std::vector<int> indices;
  std::istringstream numbers(asked.starts_with("cuda:") ? asked.substr(5) + "," : "");
  for (std::string number; std::getline(numbers, number, ',');) {
    int index = -1;
    const char* end = number.data() + number.size();
    const auto [rest, fault] = std::from_chars(number.data(), end, index);
    if (fault != std::errc() || rest != end || index < 0 || index > most_devices) {
      indices.clear();
      break;
    }
    if (std::ranges::find(indices, index) != indices.end()) {
      throw Error(ErrorCode::usage, "device '" + asked + "' names GPU " + number + " twice");
    }
    indices.push_back(index);
  }
  if (indices.empty()) {
    throw Error(ErrorCode::usage, "device '" + asked + "' is none of auto, cpu, cuda, cuda:N[,M...]");
  }
  return indices;
}

std::vector<std::string> split_devices(const std::string& asked) {
  if (asked == "auto" || asked == "cpu") return {asked};
  std::vector<std::string> devices;
  for (const int index : cuda_indices(asked)) devices.push_back("cuda:" + std::to_string(index));
  return devices;
}

}  // namespace hdrtile
