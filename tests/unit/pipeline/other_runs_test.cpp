#include "batch_fixture.h"

namespace hdrtile::test {
namespace {

/// Another run on the same photos writes a result while this one is at work on it.
class OtherRuns : public BatchTest, public testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    BatchTest::SetUp();
    options_.jobs = GetParam();
  }
};

INSTANTIATE_TEST_SUITE_P(InlineAndThreaded, OtherRuns, testing::Values(0, 1),
                         [](const auto& jobs) { return "Jobs" + std::to_string(jobs.param); });

TEST_P(OtherRuns, AResultWrittenMeanwhileIsASkipAndStays) {
  for (const auto on_exist : {OnExist::skip, OnExist::update}) {
    const Job job = add_photo("a.jpg");
    options_.on_exist = on_exist;
    engine_.before_run = [&](int) { write(job.output, "theirs"); };
    const auto summary = run({job});
    EXPECT_EQ(summary.skipped, 1);
    EXPECT_NE(recorder_.of(job.input).reason.find("another run"), std::string::npos);
    EXPECT_EQ(files().at("a_hdr.jpg").size(), 6U);
    EXPECT_EQ(files().size(), 2U) << "no temporary is left";
    fs::remove(job.output);
  }
}

TEST_P(OtherRuns, AResultWrittenBeforeTheModelRunsSavesTheWork) {
  const std::vector<Job> jobs = {add_photo("a.jpg", 1), add_photo("b.jpg", 2)};
  const EngineSource slow_to_load = [&]() -> Engine& {
    write(jobs[1].output, "theirs");
    return engine_;
  };
  const auto summary = run_batch(jobs, {.devices = {slow_to_load}}, options_, recorder_, cancel_);
  EXPECT_EQ(summary.done, 1);
  EXPECT_EQ(summary.skipped, 1);
  EXPECT_EQ(engine_.runs, 1);
}

TEST_P(OtherRuns, WithFailThePhotoFails) {
  const Job job = add_photo("a.jpg");
  options_.on_exist = OnExist::fail;
  engine_.before_run = [&](int) { write(job.output, "theirs"); };
  EXPECT_EQ(run({job}).failed, 1);
  EXPECT_EQ(recorder_.of(job.input).error, ErrorCode::output);
  EXPECT_EQ(files().at("a_hdr.jpg").size(), 6U);
}

TEST_P(OtherRuns, WithRenameTheNextNameIsTaken) {
  const Job job = add_photo("a.jpg");
  options_.on_exist = OnExist::rename;
  engine_.before_run = [&](int) { write(job.output, "theirs"); };
  EXPECT_EQ(run({job}).done, 1);
  EXPECT_EQ(recorder_.of(job.input).job.output, folder_ / "a_hdr_2.jpg");
  EXPECT_EQ(files().at("a_hdr.jpg").size(), 6U);
}

TEST_P(OtherRuns, WithOverwriteTheLastOneStays) {
  const Job job = add_photo("a.jpg");
  options_.on_exist = OnExist::overwrite;
  engine_.before_run = [&](int) { write(job.output, "theirs"); };
  EXPECT_EQ(run({job}).done, 1);
  EXPECT_NO_THROW((void)decode_photo(read_file(job.output), job.output));
}

TEST_P(OtherRuns, AFolderRemovedMeanwhileIsMadeAgain) {
  Job job = add_photo("a.jpg");
  job.output = folder_ / "out" / "a.jpg";
  fs::create_directory(folder_ / "out");
  engine_.before_run = [&](int) { fs::remove_all(folder_ / "out"); };
  EXPECT_EQ(run({job}).done, 1);
  EXPECT_TRUE(fs::exists(job.output));
}

TEST_P(OtherRuns, AnInputReplacedMeanwhileIsStampedAsItWasRead) {
  const Job job = add_photo("a.jpg", 1);
  const std::string hash = sha256(read_file(job.input));
  engine_.before_run = [&](int) { add_photo("a.jpg", 2); };
  ASSERT_EQ(run({job}).done, 1);
  EXPECT_EQ(read_header(read_file(job.output), job.output).stamp->input_hash, hash);
  engine_.before_run = nullptr;
  options_.on_exist = OnExist::update;
  EXPECT_EQ(run({job}).done, 1) << "and so an update redoes it";
}

TEST_P(OtherRuns, AnOutputThatBecomesALinkToAnInputIsReplacedNotFollowed) {
  const Job a = add_photo("a.jpg", 1);
  const Job b = add_photo("b.jpg", 2);
  const auto before = files();
  options_.on_exist = OnExist::overwrite;
  for (const bool hard : {true, false}) {
    engine_.before_run = [&](int call) {
      if (call % 2 != 0) return;
      fs::remove(a.output);
      hard ? fs::create_hard_link(b.input, a.output) : fs::create_symlink(b.input, a.output);
    };
    EXPECT_EQ(run({a, b}).done, 2);
    EXPECT_EQ(files().at("a.jpg"), before.at("a.jpg"));
    EXPECT_EQ(files().at("b.jpg"), before.at("b.jpg"));
    EXPECT_FALSE(fs::is_symlink(a.output));
    EXPECT_FALSE(fs::equivalent(a.output, b.input));
  }
}

}  // namespace
}  // namespace hdrtile::test
