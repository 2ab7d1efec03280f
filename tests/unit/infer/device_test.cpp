#include <gtest/gtest.h>

#include <algorithm>

#include "cpu.h"
#include "model_factory.h"

namespace hdrtile {
namespace {

using test::error_of;

const std::vector<float> identity = {1, 0, 0, 0, 1, 0, 0, 0, 1};

class DeviceChoice : public ::testing::Test {
 protected:
  std::unique_ptr<Engine> engine(const std::string& device, const std::string& precision = "fp32") {
    return make_engine({.model = model_, .device = device, .precision = precision});
  }

  test::TempFolder folder_;
  std::filesystem::path model_ = folder_.model(test::pointwise_model(identity));
};

TEST_F(DeviceChoice, SaysWhatItRunsOn) {
  const auto cpu = engine("cpu");
  EXPECT_EQ(cpu->info().device, "cpu");
  EXPECT_EQ(cpu->info().backend, "torchscript");
  EXPECT_FALSE(cpu->info().device_name.empty());
  EXPECT_GT(cpu->info().memory_bytes, 0);
  EXPECT_TRUE(cpu->info().notes.empty());
}

TEST_F(DeviceChoice, ExplicitCudaWithoutAGpuIsAnErrorAndAutoFallsBack) {
  if (test::has_device("cuda")) GTEST_SKIP() << "this machine has a GPU";
  const Error error = error_of([&] { (void)engine("cuda"); });
  EXPECT_EQ(error.code(), ErrorCode::device);
  EXPECT_NE(std::string(error.what()).find("no CUDA device"), std::string::npos) << error.what();
  EXPECT_EQ(error_of([&] { (void)engine("cuda:3"); }).code(), ErrorCode::device);

  const auto automatic = engine("auto");
  EXPECT_EQ(automatic->info().device, "cpu");
  if (backend_version().ends_with("with CUDA")) {
    ASSERT_EQ(automatic->info().notes.size(), 1U);
    EXPECT_NE(automatic->info().notes[0].find("running on the CPU"), std::string::npos);
  } else {
    EXPECT_TRUE(automatic->info().notes.empty());
  }
}

TEST_F(DeviceChoice, AutoTakesTheGpuInHalfPrecision) {
  if (!test::has_device("cuda")) GTEST_SKIP() << "no GPU";
  const auto automatic = engine("auto", "auto");
  EXPECT_EQ(automatic->info().device, "cuda:0");
  EXPECT_EQ(automatic->info().precision, Precision::fp16);
  EXPECT_GT(automatic->info().memory_bytes, 0);
  EXPECT_EQ(error_of([&] { (void)engine("cuda:99"); }).code(), ErrorCode::device);
}

TEST_F(DeviceChoice, RefusesWhatIsNoDeviceOrPrecision) {
  for (const char* device : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:0,1", "CPU"}) {
    EXPECT_EQ(error_of([&] { (void)engine(device); }).code(), ErrorCode::usage) << device;
  }
  for (const char* device : {"", "gpu", "cuda:", "cuda:,", "cuda:0,", "cuda:,0", "cuda:0,x", "cuda:0,0", "cuda:0,1,0",
                             "cuda:300", "cpu,cuda", "auto,cpu"}) {
    EXPECT_EQ(error_of([&] { (void)split_devices(device); }).code(), ErrorCode::usage) << device;
  }
  EXPECT_EQ(error_of([&] { (void)engine("cpu", "int4"); }).code(), ErrorCode::usage);
}

TEST(SplitDevices, GivesEachGpuAsAnEngineTakesIt) {
  EXPECT_EQ(split_devices("auto"), std::vector<std::string>{"auto"});
  EXPECT_EQ(split_devices("cpu"), std::vector<std::string>{"cpu"});
  EXPECT_EQ(split_devices("cuda"), std::vector<std::string>{"cuda:0"});
  EXPECT_EQ(split_devices("cuda:3"), std::vector<std::string>{"cuda:3"});
  EXPECT_EQ(split_devices("cuda:2,0,11"), (std::vector<std::string>{"cuda:2", "cuda:0", "cuda:11"}));
}

TEST_F(DeviceChoice, AutoPrecisionOnTheCpuIsBf16OnlyWhereItIsFaster) {
  const auto expected = cpu_gains_by_bf16() ? Precision::bf16 : Precision::fp32;
  EXPECT_EQ(engine("cpu", "auto")->info().precision, expected);
}

TEST_F(DeviceChoice, WhatOnlyPackagesComputeInIsRefusedWithoutThem) {
  for (const char* precision : {"int8", "mixed"}) {
    EXPECT_EQ(error_of([&] { (void)engine("cpu", precision); }).code(), ErrorCode::usage) << precision;
  }
}

TEST_F(DeviceChoice, AHalfPrecisionThatTheCpuLacksIsTold) {
  const auto notes = engine("cpu", "bf16")->info().notes;
  const bool told =
      std::ranges::any_of(notes, [](const auto& note) { return note.find("no bf16") != std::string::npos; });
  EXPECT_NE(told, list_devices().front().native_bf16);
}

TEST(ListDevices, StartsWithTheCpu) {
  ASSERT_FALSE(list_devices().empty());
  EXPECT_EQ(list_devices().front().id, "cpu");
  EXPECT_TRUE(backend_version().starts_with("LibTorch 2.")) << backend_version();
}

}  // namespace
}  // namespace hdrtile
