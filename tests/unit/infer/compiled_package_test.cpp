#include "compiled_package.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>

#include "model_factory.h"

namespace hdrtile {
namespace {

using test::TempFolder;

/// Enough of a hash to tell these packages apart.
std::string length_of(std::span<const std::uint8_t> bytes) { return "length " + std::to_string(bytes.size()); }

class FindPackage : public ::testing::Test {
 protected:
  void SetUp() override { ::umask(022); }

  void package(const std::string& name, const std::string& changed = "", const std::string& to = "") {
    std::string text = R"({"format": 2, "model_sha256": "abc", "precision": "bf16", "device": "cpu", "torch": "2.11.0",
      "cpu_flags": ["fma", "avx2"], "sides": {"min": 64, "max": 512}, "inputs": [[1, 3, 0, 0]],
      "package_sha256": "length 4"})";
    if (!changed.empty()) text.replace(text.find(changed), changed.size(), to);
    (void)folder_.file(text, name + ".json");
    (void)folder_.file("code", name + ".pt2");
  }

  [[nodiscard]] PackageSearch search() const {
    return find_package(
        {.use = PackageUse::automatic, .folder = folder_ / "", .model_sha256 = "abc", .sha256 = length_of},
        {.model_sha256 = "abc",
         .precision = Precision::bf16,
         .device = "cpu",
         .gpu = "",
         .torch = "2.11.0",
         .cpu_flags = {"sse2", "avx2", "fma", "avx512f"}});
  }

  void expect_fault(const std::string& reason) const {
    const auto result = search();
    EXPECT_FALSE(result.found);
    ASSERT_EQ(result.faults.size(), 1U);
    EXPECT_NE(result.faults.front().find(reason), std::string::npos) << result.faults.front();
  }

  TempFolder folder_;
};

TEST_F(FindPackage, GivesTheOneThatFits) {
  package("other_model", "\"abc\"", "\"abd\"");
  package("other_torch", "2.11.0", "2.10.0");
  package("right");
  const auto result = search();
  ASSERT_TRUE(result.found);
  EXPECT_EQ(result.found->file, folder_ / "right.pt2");
  EXPECT_EQ(result.found->id(), "right.pt2 sha256:length 4");
  EXPECT_EQ(result.found->smallest_side, 64);
  EXPECT_EQ(result.found->largest_side, 512);
  EXPECT_EQ(result.found->inputs, (std::vector<std::vector<std::int64_t>>{{1, 3, 0, 0}}));
  EXPECT_TRUE(result.faults.empty());
}

TEST_F(FindPackage, AFolderThatIsNotThereHoldsNone) {
  const auto result = find_package(
      {.use = PackageUse::automatic, .folder = folder_ / "none", .model_sha256 = "", .sha256 = length_of}, {});
  EXPECT_FALSE(result.found);
  EXPECT_TRUE(result.faults.empty() && result.differing.empty());
}

TEST_F(FindPackage, OtherModelsAreNotSpokenOf) {
  package("other", "\"abc\"", "\"abd\"");
  (void)folder_.file("no json", "note.json");
  const auto result = search();
  EXPECT_FALSE(result.found);
  EXPECT_TRUE(result.faults.empty() && result.differing.empty());
}

TEST_F(FindPackage, OtherPrecisionsAndDevicesAreNoFaults) {
  package("fp32", "bf16", "fp32");
  package("gpu", "\"cpu\"", "\"cuda\"");
  const auto result = search();
  EXPECT_FALSE(result.found);
  EXPECT_TRUE(result.faults.empty());
  EXPECT_EQ(result.differing.size(), 2U);
}

TEST_F(FindPackage, WhatAPackageInstalledByForceMissesIsToldWithIt) {
  package("forced", R"("format": 2)", R"("format": 2, "below_limit": "41.0 dB to FP32")");
  ASSERT_TRUE(search().found);
  EXPECT_EQ(search().found->below_limit, "41.0 dB to FP32");
  package("forced");
  EXPECT_EQ(search().found->below_limit, "");
}

TEST_F(FindPackage, AnotherCpuIsAFaultThatNamesWhatIsMissing) {
  package("other", "avx2", "amx_tile");
  expect_fault("lacks amx_tile");
}

TEST_F(FindPackage, AnotherLibTorchIsAFault) {
  package("other", "2.11.0", "2.12.0");
  expect_fault("2.12.0");
}

TEST_F(FindPackage, AHashThatDiffersIsAFault) {
  package("damaged");
  (void)folder_.file("cod", "damaged.pt2");
  expect_fault("damaged");
}

TEST_F(FindPackage, ADescriptionThatBreaksOffIsAFault) {
  package("half", "\"inputs\"", "\"outputs\"");
  expect_fault("cannot be read");
}

TEST_F(FindPackage, WhatOthersCanWriteToIsAFault) {
  package("open");
  std::filesystem::permissions(folder_ / "open.pt2", std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  expect_fault("written by others");
}

TEST(CompiledEngine, APackageThatCannotBeLoadedLeavesTorchScriptWithAWarning) {
  const TempFolder folder;
  const auto model = folder.model(test::pointwise_model({1, 0, 0, 0, 1, 0, 0, 0, 1}));
  ::umask(022);
  (void)folder.file(
      R"({"format": 2, "model_sha256": "abc", "precision": "fp32", "device": "cpu", "torch": ")" +
          backend_version().substr(std::strlen("LibTorch "),
                                   backend_version().find(" with") - std::strlen("LibTorch ")) +
          R"(", "cpu_flags": [], "sides": {"min": 8, "max": 512}, "inputs": [[1, 3, 0, 0]], "package_sha256": "length 4"})",
      "m.json");
  (void)folder.file("code", "m.pt2");
  EngineOptions options{.model = model, .device = "cpu", .precision = "fp32"};
  options.packages = {.use = PackageUse::automatic, .folder = folder / "", .model_sha256 = "abc", .sha256 = length_of};
  const auto engine = make_engine(options);
  EXPECT_EQ(engine->info().backend, "torchscript");
  ASSERT_EQ(engine->info().warnings.size(), 1U);
  EXPECT_NE(engine->info().warnings.front().find("m.pt2"), std::string::npos);
  const auto pixels = test::ramp(3 * 8 * 8);
  EXPECT_EQ(test::run_plain(*engine, pixels, 1, 8, 8), pixels);

  options.packages.use = PackageUse::always;
  EXPECT_EQ(test::error_of([&] { (void)make_engine(options); }).code(), ErrorCode::model);
}

}  // namespace
}  // namespace hdrtile
