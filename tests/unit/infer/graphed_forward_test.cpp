#include "graphed_forward.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "cuda_part.h"
#include "model_factory.h"

namespace hdrtile {
namespace {

/// Does the work anew at each replay: what a CUDA graph does on a GPU, here on the CPU.
struct Again : Recording {
  explicit Again(std::function<void()> what) : work(std::move(what)) { work(); }
  void replay() override { work(); }
  std::function<void()> work;
};

class GraphedForwardTest : public ::testing::Test {
 protected:
  Recorder counting() {
    return [this](const std::function<void()>& work) {
      ++recordings_;
      return std::make_unique<Again>(work);
    };
  }
  GraphedForward::Forward forward_ = [this](const std::vector<at::Tensor>& inputs) {
    ++forwards_;
    return inputs[0] * 2 + inputs[1];
  };
  static std::vector<at::Tensor> inputs(int side, float value) {
    return {at::full({1, 3, side, side}, value), at::full({1}, 10 * value)};
  }

  c10::InferenceMode inference_;
  int recordings_ = 0;
  int forwards_ = 0;
};

TEST_F(GraphedForwardTest, ReplaysGiveWhatEachCallsOwnInputsLeadTo) {
  GraphedForward graphed(counting());
  std::vector<at::Tensor> results;
  for (int i = 1; i <= 5; ++i) results.push_back(graphed.run(inputs(4, static_cast<float>(i)), forward_));
  for (int i = 1; i <= 5; ++i) {  // none was overwritten by a later one
    EXPECT_TRUE(at::equal(results[i - 1], at::full({1, 3, 4, 4}, 12.0F * static_cast<float>(i)))) << i;
  }
  EXPECT_EQ(recordings_, 1) << "at the second call";
  EXPECT_TRUE(graphed.fault().empty());
}

TEST_F(GraphedForwardTest, EachShapeHasItsRecordingAndTheOldestMakesRoom) {
  GraphedForward graphed(counting());
  for (int round = 0; round < 3; ++round) {
    for (const int side : {4, 6}) {
      const at::Tensor result = graphed.run(inputs(side, 1), forward_);
      EXPECT_EQ(result.size(2), side);
      EXPECT_EQ(result.mean().item<float>(), 12.0F);
    }
  }
  EXPECT_EQ(recordings_, 2);
  for (const int side : {8, 4, 4}) (void)graphed.run(inputs(side, 1), forward_);
  EXPECT_EQ(recordings_, 3) << "4 had to make room for 8 and is recorded anew";
}

TEST_F(GraphedForwardTest, WhatCannotBeRecordedRunsAsItIsFromThenOn) {
  GraphedForward graphed([](const std::function<void()>&) -> std::unique_ptr<Recording> {
    throw std::runtime_error("operation not permitted when stream is capturing\nand a trace");
  });
  for (int i = 1; i <= 4; ++i) {
    EXPECT_EQ(graphed.run(inputs(4, 1), forward_).mean().item<float>(), 12.0F);
    EXPECT_EQ(forwards_, i);
  }
  EXPECT_EQ(graphed.fault(), "operation not permitted when stream is capturing");
}

TEST_F(GraphedForwardTest, WithoutARecorderItIsThePlainPass) {
  GraphedForward graphed({});
  for (int i = 0; i < 3; ++i) (void)graphed.run(inputs(4, 1), forward_);
  EXPECT_EQ(forwards_, 3);
}

TEST(GraphedForward, OnAGpuReplaysEqualThePlainPass) {
  if (!test::has_device("cuda")) GTEST_SKIP() << "no GPU";
  const c10::InferenceMode inference;
  const at::Tensor weight = at::rand({8, 3, 3, 3}, at::kCUDA);
  const GraphedForward::Forward forward = [&](const std::vector<at::Tensor>& given) {
    return at::conv2d(given[0], weight).relu();
  };
  GraphedForward graphed(cuda_part()->graph_recorder());
  for (int i = 0; i < 4; ++i) {
    const std::vector<at::Tensor> inputs{at::rand({2, 3, 32, 32}, at::kCUDA)};
    EXPECT_TRUE(at::allclose(graphed.run(inputs, forward), forward(inputs), 1e-5, 1e-5)) << i;
  }
  EXPECT_TRUE(graphed.fault().empty()) << graphed.fault();
}

}  // namespace
}  // namespace hdrtile
