#include "model_factory.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace hdrtile::test {
namespace {

void add_weights(torch::jit::Module& module, const std::vector<Weight>& weights) {
  for (const Weight& weight : weights) {
    module.register_parameter(weight.name, at::tensor(weight.values).reshape(weight.shape), /*is_buffer=*/false);
  }
}

}  // namespace

TempFolder::TempFolder() {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  std::string name = std::string("hdrtile_") + test->test_suite_name() + "_" + test->name();
  std::replace(name.begin(), name.end(), '/', '_');
  path_ = std::filesystem::temp_directory_path() / (name + "_" + std::to_string(getpid()));
  std::filesystem::create_directories(path_);
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TempFolder::model(const ModelSource& source, const std::string& name) const {
  torch::jit::Module module("Model");
  add_weights(module, source.weights);
  if (!source.trunk.empty()) {
    torch::jit::Module trunk("Trunk");
    add_weights(trunk, source.trunk);
    module.register_module("trunk", trunk);
  }
  module.define(source.code);
  if (source.frozen) {
    module.eval();
    module = torch::jit::freeze(module);
  }
  torch::jit::ExtraFilesMap extra;
  if (!source.description.empty()) extra["hdrtile.json"] = source.description;
  module.save((path_ / name).string(), extra);
  return path_ / name;
}

std::filesystem::path TempFolder::file(const std::string& content, const std::string& name) const {
  std::ofstream(path_ / name, std::ios::binary) << content;
  return path_ / name;
}

std::string description(int scale, int multiple, int halo, const std::string& more) {
  return R"({"name": "test", "scale": )" + std::to_string(scale) + R"(, "multiple": )" + std::to_string(multiple) +
         R"(, "halo": )" + std::to_string(halo) + more + "}";
}

ModelSource pointwise_model(const std::vector<float>& matrix) {
  return {.code = "def forward(self, x):\n    return torch.conv2d(x, self.weight)\n",
          .weights = {{"weight", {3, 3, 1, 1}, matrix}},
          .description = description()};
}

std::vector<float> ramp(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i * 7919 % 65536) / 65535.0F;
  return values;
}

std::vector<float> interleaved(const std::vector<float>& planar, int count) {
  std::vector<float> pixels(planar.size());
  const std::size_t plane = planar.size() / count / 3;
  for (std::size_t i = 0; i < planar.size(); ++i) {
    pixels[i / (3 * plane) * 3 * plane + i % plane * 3 + i / plane % 3] = planar[i];
  }
  return pixels;
}

std::vector<float> planar(const std::vector<float>& interleaved, int count) {
  std::vector<float> planes(interleaved.size());
  const std::size_t plane = interleaved.size() / count / 3;
  for (std::size_t i = 0; i < planes.size(); ++i) {
    planes[i] = interleaved[i / (3 * plane) * 3 * plane + i % plane * 3 + i / plane % 3];
  }
  return planes;
}

std::vector<float> run_plain(Engine& engine, const std::vector<float>& pixels, int count, int height, int width,
                             RunStats* stats) {
  const int scale = engine.model().scale;
  std::vector<float> out(pixels.size() * scale * scale, -1.0F);
  const std::vector<float> tiles = interleaved(pixels, count);
  const RunStats seen =
      engine.run({.count = count, .height = height, .width = width, .pixels = tiles, .rects = {}}, nullptr, out);
  if (stats != nullptr) *stats = seen;
  EXPECT_EQ(tiles, interleaved(pixels, count)) << "the engine has changed its input";
  return planar(out, count);
}

Error error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no hdrtile::Error was thrown";
  return {ErrorCode::cancelled, "none"};
}

bool has_device(const std::string& device) {
  const auto devices = list_devices();
  return std::any_of(devices.begin(), devices.end(),
                     [&](const DeviceInfo& info) { return info.id.starts_with(device); });
}

}  // namespace hdrtile::test
