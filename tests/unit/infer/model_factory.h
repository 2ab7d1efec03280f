#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hdrtile/engine.h"
#include "hdrtile/error.h"

namespace hdrtile::test {

struct Weight {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

/// A model as its TorchScript text.
struct ModelSource {
  std::string code;                  ///< methods, as in a Python class
  std::vector<Weight> weights = {};  ///< self.<name>
  std::vector<Weight> trunk = {};    ///< self.trunk.<name>; empty: no trunk
  std::string description = {};      ///< hdrtile.json; empty: none
  bool frozen = false;
};

/// A folder that goes when the test ends.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  /// Writes a model and returns its path.
  [[nodiscard]] std::filesystem::path model(const ModelSource& source, const std::string& name = "model.pt") const;
  /// Writes any file and returns its path.
  [[nodiscard]] std::filesystem::path file(const std::string& content, const std::string& name) const;

 private:
  std::filesystem::path path_;
};

/// hdrtile.json with what is required, and `more` (", \"key\": value").
[[nodiscard]] std::string description(int scale = 1, int multiple = 1, int halo = 0, const std::string& more = "");

/// A 1 x 1 convolution: self.weight holds a 3 x 3 matrix.
[[nodiscard]] ModelSource pointwise_model(const std::vector<float>& matrix);

/// Enough different values in [0, 1] to tell pixels apart.
[[nodiscard]] std::vector<float> ramp(std::size_t count);

/// Values of tiles by planes [count, 3, ...], in which the tests are written, as pixels [count, ..., 3], and back.
[[nodiscard]] std::vector<float> interleaved(const std::vector<float>& planar, int count);
[[nodiscard]] std::vector<float> planar(const std::vector<float>& interleaved, int count);

/// Runs tiles of a plain model on the whole; they and the result are planes.
[[nodiscard]] std::vector<float> run_plain(Engine& engine, const std::vector<float>& pixels, int count, int height,
                                           int width, RunStats* stats = nullptr);

/// The error that `call` throws; fails the test when it throws none.
[[nodiscard]] Error error_of(const std::function<void()>& call);

[[nodiscard]] bool has_device(const std::string& device);

/// A test that runs once on each kind of device, and is skipped where there is none.
class OnDevice : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!has_device(GetParam())) GTEST_SKIP() << "no " << GetParam() << " device";
  }

  std::unique_ptr<Engine> engine(const ModelSource& source, const std::string& precision = "fp32", bool draft = false) {
    return make_engine({.model = folder_.model(source), .draft = draft, .device = GetParam(), .precision = precision});
  }

  TempFolder folder_;
};

}  // namespace hdrtile::test
