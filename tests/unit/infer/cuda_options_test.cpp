#include "cuda_options.h"

#include <gtest/gtest.h>

#include "model_factory.h"

namespace hdrtile {
namespace {

TEST(CudaOptions, AreOffUnlessNamed) {
  const CudaOptions none = parse_cuda_options("");
  EXPECT_FALSE(none.host || none.blocking || none.planar || none.graphs || none.kernels);
  const CudaOptions some = parse_cuda_options("graphs,host");
  EXPECT_TRUE(some.graphs && some.host);
  EXPECT_FALSE(some.blocking || some.planar || some.kernels);
}

TEST(CudaOptions, AnUnknownWordIsAUsageErrorThatNamesTheOthers) {
  for (const char* words : {"graph", "graphs, host", "graphs,,host", "GRAPHS"}) {
    const Error error = test::error_of([&] { (void)parse_cuda_options(words); });
    EXPECT_EQ(error.code(), ErrorCode::usage) << words;
    EXPECT_NE(std::string(error.what()).find("kernels"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace hdrtile
