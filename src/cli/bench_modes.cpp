#include "bench_modes.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>

#include "session.h"

namespace hdrtile::cli {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Starts Linux's count of the most memory anew (proc(5), clear_refs); false where it cannot be.
bool forget_peak() {
  std::ofstream file("/proc/self/clear_refs");
  file << "5" << std::flush;
  return static_cast<bool>(file);
}

std::optional<std::int64_t> peak_bytes() {
  std::ifstream file("/proc/self/status");
  for (std::string key; file >> key;) {
    std::int64_t kib = 0;
    if (key == "VmHWM:" && file >> kib) return kib * 1024;
  }
  return std::nullopt;
}

std::vector<std::string> precisions_of(const EngineInfo& device) {
  std::vector<std::string> precisions{"fp32"};
  if (device.device.starts_with("cuda")) precisions.emplace_back("fp16");
  for (const DeviceInfo& info : list_devices()) {
    if (info.id == device.device && info.native_bf16) precisions.emplace_back("bf16");
  }
  return precisions;
}

}  // namespace

std::vector<ModelFlags> modes_of(const ModelFlags& asked, const EngineInfo& device) {
  ModelFlags mode = asked;
  mode.device = device.device;
  mode.precision = "fp32";
  mode.engine = EngineChoice::torchscript;
  std::vector<ModelFlags> modes{mode};
  for (const std::string& precision : precisions_of(device)) {
    if (asked.precision != "auto" && asked.precision != precision) continue;
    for (const EngineWord& engine : engine_words) {
      if (engine.choice == EngineChoice::automatic) continue;
      if (asked.engine != EngineChoice::automatic && asked.engine != engine.choice) continue;
      mode.precision = precision;
      mode.engine = engine.choice;
      if (precision != "fp32" || engine.choice != EngineChoice::torchscript) modes.push_back(mode);
    }
  }
  return modes;
}

ModeFigures measure_mode(const ModelFlags& flags, const Image& photo, double seconds, const CancelFlag& cancel) {
  Session session(flags);
  const bool counted = forget_peak();
  Engine& engine = session.engine();
  ModeFigures figures{.flags = flags, .engine = engine.info(), .plan = session.plan(photo.size(), photo.depth())};
  const EnhanceSettings settings{.request = session.tiling()};
  const TilePlan& tiles = figures.plan.tiles;
  const Size tile{std::min(tiles.x.side, photo.width()), std::min(tiles.y.side, photo.height())};
  (void)enhance_image(middle_of(photo, tile), engine, settings, cancel);
  std::vector<double> prepare;
  std::vector<double> passes;
  const auto start = std::chrono::steady_clock::now();
  do {
    Enhanced enhanced = enhance_image(photo, engine, settings, cancel);
    prepare.push_back(enhanced.prepare_ms);
    passes.push_back(enhanced.tiles_ms);
    figures.result.pixels = std::move(enhanced.image);
  } while (seconds_since(start) < seconds);
  figures.runs = static_cast<int>(passes.size());
  figures.prepare_ms = median(std::move(prepare));
  figures.tiles_ms = median(std::move(passes));
  if (counted) figures.peak_bytes = peak_bytes();
  return figures;
}

Image middle_of(const Image& photo, Size size) {
  Image part(size, photo.depth(), photo.channels());
  const std::size_t pixel = bytes_per_sample(photo.depth()) * photo.channels();
  const int left = (photo.width() - size.width) / 2;
  const int top = (photo.height() - size.height) / 2;
  for (int y = 0; y < size.height; ++y) {
    std::memcpy(part.row_data(y), photo.row_data(top + y) + pixel * left, part.row_bytes());
  }
  return part;
}

}  // namespace hdrtile::cli
