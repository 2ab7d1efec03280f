// photos_per_second MODEL PHOTO WIDTH HEIGHT [--device D] [--precision P] [--photos N] [--tile T] [--trace FILE]
//                   [--result FILE]
//
// Photos a second through an engine, from decoded pixels in to finished pixels out, with as many photos at once as the
// engine takes (see Engine::lanes): what a GPU can do where decoding and encoding keep up. PHOTO and the result are raw
// RGB of 8 bits. Prints one line of JSON. --trace writes what ran when in a second run (Kineto, a Chrome trace).
#include <torch/csrc/autograd/profiler_kineto.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "hdrtile/enhance.h"
#include "hdrtile/error.h"

namespace hdrtile {
namespace {

using Flags = std::map<std::string, std::string>;

int number(const std::string& text) {
  int value = 0;
  const auto [rest, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || rest != text.data() + text.size() || value < 1) {
    throw Error(ErrorCode::usage, "'" + text + "' is no number above 0");
  }
  return value;
}

/// Raw RGB of 8 bits.
Image read_photo(const std::string& file, Size size) {
  Image photo(size, Depth::u8);
  std::ifstream samples(file, std::ios::binary);
  samples.read(reinterpret_cast<char*>(photo.row_data(0)), static_cast<std::streamsize>(photo.bytes()));
  if (!samples) throw Error(ErrorCode::usage, file + " does not hold so many samples");
  return photo;
}

class Run {
 public:
  Run(Engine& engine, const Image& photo, const EnhanceSettings& settings)
      : engine_(engine), photo_(photo), settings_(settings) {}

  /// Seconds that `count` photos take.
  double photos(int count) {
    left_ = count;
    const auto start = std::chrono::steady_clock::now();
    {
      std::vector<std::jthread> others;
      for (int i = 1; i < engine_.lanes(); ++i) others.emplace_back([this] { serve(); });
      serve();  // here, where the profiler sees the operators, too
    }
    if (fault_) std::rethrow_exception(fault_);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  [[nodiscard]] const Enhanced& last() const { return last_; }

 private:
  void serve() {
    try {
      while (left_-- > 0) {
        Enhanced made = enhance_image(photo_, engine_, settings_, cancel_);
        const std::lock_guard lock(mutex_);
        last_ = std::move(made);
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      fault_ = std::current_exception();
      left_ = 0;
    }
  }

  Engine& engine_;
  const Image& photo_;
  EnhanceSettings settings_;
  CancelFlag cancel_{false};
  std::atomic<int> left_{0};
  std::mutex mutex_;
  Enhanced last_;
  std::exception_ptr fault_;
};

void trace(Run& run, int photos, const std::string& file, bool cuda) {
  namespace profiler = torch::autograd::profiler;
  const torch::profiler::impl::ProfilerConfig config(torch::profiler::impl::ProfilerState::KINETO);
  std::set<torch::profiler::impl::ActivityType> activities{torch::profiler::impl::ActivityType::CPU};
  if (cuda) activities.insert(torch::profiler::impl::ActivityType::CUDA);
  profiler::prepareProfiler(config, activities);
  profiler::enableProfiler(config, activities);
  (void)run.photos(photos);
  profiler::disableProfiler()->save(file);
}

std::string quoted(const std::string& text) {
  std::string json = "\"";
  for (const char c : text) json += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return json + "\"";
}

std::string quoted(const std::vector<std::string>& texts) {
  std::string json;
  for (const auto& text : texts) json += (json.empty() ? "" : ", ") + quoted(text);
  return "[" + json + "]";
}

void measure(const std::string& model, const Image& photo, const Flags& flags) {
  const auto flag = [&](const std::string& name, const std::string& otherwise) {
    const auto found = flags.find(name);
    return found == flags.end() ? otherwise : found->second;
  };
  const int photos = number(flag("photos", "20"));
  EnhanceSettings settings;
  if (flags.contains("tile")) settings.request.tile = number(flags.at("tile"));

  const auto engine =
      make_engine({.model = model, .device = flag("device", "cuda"), .precision = flag("precision", "auto")});
  Run run(*engine, photo, settings);
  (void)run.photos(2 * engine->lanes());  // what is set up once: algorithms, memory, graphs
  const double seconds = run.photos(photos);
  if (flags.contains("trace")) trace(run, std::min(photos, 4), flags.at("trace"), engine->info().device != "cpu");
  const Enhanced& last = run.last();
  if (flags.contains("result")) {
    std::ofstream(flags.at("result"), std::ios::binary)
        .write(reinterpret_cast<const char*>(last.image.row_data(0)), static_cast<std::streamsize>(last.image.bytes()));
  }
  const char* options = std::getenv("HDRTILE_CUDA");
  const TilePlan& tiles = last.plan.tiles;
  std::printf(
      "{\"device\": %s, \"device_name\": %s, \"precision\": %s, \"options\": %s, \"lanes\": %d, \"photos\": %d, "
      "\"seconds\": %.4f, \"photos_per_second\": %.4f, \"tiles\": %d, \"tile\": [%d, %d], \"batch\": %d, "
      "\"pixels_computed\": %lld, \"redone_fp32\": %d, \"downgrades\": %s, \"notes\": %s}\n",
      quoted(engine->info().device).c_str(), quoted(engine->info().device_name).c_str(),
      quoted(to_string(engine->info().precision)).c_str(), quoted(options == nullptr ? "" : options).c_str(),
      engine->lanes(), photos, seconds, photos / seconds, tiles.count(), tiles.x.side, tiles.y.side, last.plan.batch,
      static_cast<long long>(tiles.count()) * tiles.x.side * tiles.y.side, last.redone_fp32,
      quoted(last.downgrades).c_str(), quoted(engine->info().notes).c_str());
}

}  // namespace
}  // namespace hdrtile

int main(int argc, char** argv) {
  hdrtile::set_up_environment();
  using hdrtile::Error;
  using hdrtile::ErrorCode;
  try {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() < 4 || words.size() % 2 != 0) {
      throw Error(ErrorCode::usage, "usage: photos_per_second MODEL PHOTO WIDTH HEIGHT [--FLAG VALUE]...");
    }
    hdrtile::Flags flags;
    for (std::size_t i = 4; i < words.size(); i += 2) {
      if (!words[i].starts_with("--")) throw Error(ErrorCode::usage, words[i] + " is no flag");
      flags[words[i].substr(2)] = words[i + 1];
    }
    const hdrtile::Size size{hdrtile::number(words[2]), hdrtile::number(words[3])};
    hdrtile::measure(words[0], hdrtile::read_photo(words[1], size), flags);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "photos_per_second: %s\n", error.what());
    return 1;
  }
}
