#include "exit_codes.h"

#include <gtest/gtest.h>

namespace hdrtile::cli {
namespace {

TEST(ExitCodes, AreTheNumbersThatTheHelpPromises) {
  EXPECT_EQ(static_cast<int>(ExitCode::ok), 0);
  EXPECT_EQ(static_cast<int>(ExitCode::failed), 1);
  EXPECT_EQ(static_cast<int>(ExitCode::usage), 2);
  EXPECT_EQ(static_cast<int>(ExitCode::model_or_device), 3);
  EXPECT_EQ(static_cast<int>(ExitCode::interrupted), 130);
}

TEST(ExitCodes, EveryErrorHasOne) {
  EXPECT_EQ(exit_code(ErrorCode::usage), ExitCode::usage);
  EXPECT_EQ(exit_code(ErrorCode::input), ExitCode::failed);
  EXPECT_EQ(exit_code(ErrorCode::unsupported), ExitCode::failed);
  EXPECT_EQ(exit_code(ErrorCode::limit), ExitCode::failed);
  EXPECT_EQ(exit_code(ErrorCode::output), ExitCode::failed);
  EXPECT_EQ(exit_code(ErrorCode::model), ExitCode::model_or_device);
  EXPECT_EQ(exit_code(ErrorCode::device), ExitCode::model_or_device);
  EXPECT_EQ(exit_code(ErrorCode::out_of_memory), ExitCode::model_or_device);
  EXPECT_EQ(exit_code(ErrorCode::cancelled), ExitCode::interrupted);
}

TEST(ExitCodes, OfABatch) {
  EXPECT_EQ(exit_code(BatchSummary{.done = 3, .skipped = 2}), ExitCode::ok);
  EXPECT_EQ(exit_code(BatchSummary{.skipped = 2}), ExitCode::ok);
  EXPECT_EQ(exit_code(BatchSummary{.done = 3, .failed = 1}), ExitCode::failed);
  EXPECT_EQ(exit_code(BatchSummary{.done = 3, .failed = 1, .cancelled = 1}), ExitCode::interrupted);
}

}  // namespace
}  // namespace hdrtile::cli
