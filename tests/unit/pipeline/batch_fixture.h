#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "hdrtile/pipeline.h"

namespace hdrtile::test {

namespace fs = std::filesystem;

/// Gives back what it gets; `before_run` is called with the number of the call and may throw or dawdle.
class IdentityEngine : public Engine {
 public:
  IdentityEngine() {
    model_.name = "identity";
    model_.halo = 0;
    info_.device = "cpu";
    info_.backend = "test";
  }
  const ModelInfo& model() const noexcept override { return model_; }
  const EngineInfo& info() const noexcept override { return info_; }
  std::unique_ptr<PhotoContext> prepare(std::span<const float>, Size) override { return nullptr; }
  void contextual(int context_px) {
    model_.contextual = true;
    model_.context_px = context_px;
  }
  RunStats run(const TileBatch& tiles, const PhotoContext*, std::span<float> out) override {
    const int call = runs++;
    if (before_run) before_run(call);
    std::ranges::copy(tiles.pixels, out.begin());
    return {};
  }

  void shapes(TileShapes shapes) { model_.shapes = std::move(shapes); }
  void backend(const std::string& name) { info_.backend = name; }
  void device(const std::string& id) { info_.device = id; }
  int lanes() const noexcept override { return lanes_; }

  std::function<void(int)> before_run;
  std::atomic<int> runs = 0;
  int lanes_ = 1;

 private:
  ModelInfo model_;
  EngineInfo info_;
};

/// Remembers what it is told.
class Recorder : public Observer {
 public:
  void on_start(const Job& job, Size) override { started.push_back(job.input); }
  void on_progress(const Job&, double) override {}
  void on_finish(const PhotoResult& result) override {
    finished.push_back(result);
    if (also_on_finish) also_on_finish(result);
  }
  [[nodiscard]] const PhotoResult& of(const fs::path& input) const {
    for (const auto& result : finished) {
      if (result.job.input == input) return result;
    }
    throw std::out_of_range(input.string() + " was never reported");
  }

  std::vector<fs::path> started;
  std::vector<PhotoResult> finished;
  std::function<void(const PhotoResult&)> also_on_finish;
};

inline std::vector<std::uint8_t> noise_photo(Size size, Format format, unsigned seed) {
  Photo photo;
  photo.pixels = Image(size, Depth::u8);
  photo.format = format;
  std::mt19937 random(seed);
  for (int y = 0; y < size.height; ++y) {
    std::generate_n(photo.pixels.row<std::uint8_t>(y), 3 * size.width,
                    [&] { return static_cast<std::uint8_t>(random()); });
  }
  std::vector<std::string> warnings;
  return encode_photo(photo, {}, warnings);
}

class BatchTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("hdrtile_pipeline_" + std::to_string(::getpid()) + "_" +
                                           testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    options_.version = "1.0";
    options_.model_id = "identity";
    options_.settings_id = "usual";
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const fs::path& path, std::span<const std::uint8_t> bytes) {
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
  }
  void write(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

  /// A job on a new photo: name.jpg or name.png -> name_hdr.
  Job add_photo(const std::string& name, unsigned seed = 1, Size size = {40, 30}) {
    const Job job = job_of(name);
    write(job.input, noise_photo(size, job.input.extension() == ".png" ? Format::png : Format::jpeg, seed));
    return job;
  }
  [[nodiscard]] Job job_of(const std::string& name) const {
    const fs::path input = folder_ / name;
    return {.input = input, .output = folder_ / (input.stem().string() + "_hdr" + input.extension().string())};
  }

  BatchSummary run(const std::vector<Job>& jobs) {
    recorder_ = {};
    return run_batch(jobs, engine_, options_, recorder_, cancel_);
  }

  /// Contents of all files whose names contain `part`, by name.
  [[nodiscard]] std::map<std::string, std::vector<std::uint8_t>> files(const std::string& part = "") const {
    std::map<std::string, std::vector<std::uint8_t>> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
      const std::string name = entry.path().filename().string();
      if (!entry.is_directory() && name.find(part) != std::string::npos) {
        std::ifstream file(entry.path(), std::ios::binary);
        found[name] = {std::istreambuf_iterator<char>(file), {}};
      }
    }
    return found;
  }

  fs::path folder_;
  BatchOptions options_;
  IdentityEngine engine_;
  Recorder recorder_;
  CancelFlag cancel_ = false;
};

}  // namespace hdrtile::test
