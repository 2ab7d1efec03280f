#include <atomic>
#include <thread>

#include "batch_fixture.h"

namespace hdrtile::test {
namespace {

class Faults : public BatchTest, public testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    BatchTest::SetUp();
    options_.jobs = GetParam();
  }
  void TearDown() override { BatchTest::TearDown(); }

  /// Every job was reported, once, and nothing but whole photos lies there.
  void expect_all_accounted_for(const std::vector<Job>& jobs) {
    EXPECT_EQ(recorder_.finished.size(), jobs.size());
    std::size_t known = 0;
    for (const auto& job : jobs) {
      const auto& result = recorder_.of(job.input);
      EXPECT_EQ(fs::exists(job.output), result.status == PhotoStatus::done) << job.output;
      known += fs::exists(job.input) + fs::exists(job.output);
      if (fs::exists(job.output)) {
        EXPECT_NO_THROW((void)decode_photo(read_file(job.output), job.output));
      }
    }
    EXPECT_EQ(files().size(), known) << "a file is left over";
  }

  void expect_failed_by_its_size(const Job& job) {
    const auto& result = recorder_.of(job.input);
    EXPECT_EQ(result.error, ErrorCode::limit);
    EXPECT_NE(result.reason.find(job.input.string()), std::string::npos) << result.reason;
  }

  /// The batch ends by an error of this kind, and every photo is told. Gives what the error says.
  std::string expect_end(const std::vector<Job>& jobs, ErrorCode code) {
    std::string said;
    try {
      run(jobs);
      ADD_FAILURE() << "it went on";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      said = error.what();
    }
    expect_all_accounted_for(jobs);
    return said;
  }
};

INSTANTIATE_TEST_SUITE_P(InlineAndThreaded, Faults, testing::Values(0, 1, 3),
                         [](const auto& jobs) { return "Jobs" + std::to_string(jobs.param); });

TEST_P(Faults, BadPhotosFailAloneWithTheirNames) {
  std::vector<Job> jobs = {add_photo("good1.jpg"), job_of("empty.jpg"),  job_of("text.png"),
                           job_of("missing.jpg"),  add_photo("cut.jpg"), add_photo("good2.png")};
  write(jobs[1].input, "");
  write(jobs[2].input, "a shopping list, no photo");
  auto whole = read_file(jobs[4].input);
  whole.resize(whole.size() / 2);
  write(jobs[4].input, whole);

  const auto summary = run(jobs);
  EXPECT_EQ(summary.done, 2);
  EXPECT_EQ(summary.failed, 4);
  for (const int bad : {1, 2, 3, 4}) {
    const auto& result = recorder_.of(jobs[bad].input);
    EXPECT_EQ(result.status, PhotoStatus::failed);
    EXPECT_NE(result.reason.find(jobs[bad].input.filename().string()), std::string::npos) << result.reason;
    EXPECT_EQ(result.error, ErrorCode::input) << result.reason;
  }
  expect_all_accounted_for(jobs);
}

TEST_P(Faults, AFaultOfTheResultNamesThePhotoThatItIsOf) {
  options_.encode.format = Format::webp;
  const std::vector<Job> jobs = {add_photo("a.png"), add_photo("wide.png", 1, {17'000, 1})};
  EXPECT_EQ(run(jobs).done, 1);
  EXPECT_EQ(recorder_.of(jobs[1].input).reason.find(jobs[1].input.string() + ": a WebP has at most"), 0U);
  options_.on_exist = OnExist::fail;
  EXPECT_EQ(run({jobs[0]}).failed, 1);
  const std::string reason = recorder_.of(jobs[0].input).reason;
  EXPECT_EQ(reason.find(jobs[0].input.string() + ": " + jobs[0].output.string() + " exists"), 0U) << reason;
}

TEST_P(Faults, AnOutputThatCannotBeWrittenFailsAlone) {
  std::vector<Job> jobs = {add_photo("a.jpg"), add_photo("b.jpg")};
  write(folder_ / "file", "in the way of a folder");
  jobs[0].output = folder_ / "file" / "a.jpg";
  const auto summary = run(jobs);
  EXPECT_EQ(summary.done, 1);
  EXPECT_EQ(recorder_.of(jobs[0].input).error, ErrorCode::output);
}

TEST_P(Faults, MemoryThatIsRefusedFailsOnePhoto) {
  const std::vector<Job> jobs = {add_photo("a.jpg"), add_photo("b.jpg"), add_photo("c.jpg")};
  engine_.before_run = [](int call) {
    if (call == 0) throw std::bad_alloc();
  };
  const auto summary = run(jobs);
  EXPECT_EQ(summary.done, 2);
  EXPECT_EQ(summary.failed, 1);
  expect_all_accounted_for(jobs);
}

TEST_P(Faults, APhotoTooLargeForTheMemoryLimitFailsAlone) {
  options_.enhance.request = {.tile = TileSpec::whole_image, .max_memory = 1 << 30};
  const std::vector<Job> jobs = {add_photo("a.jpg"), add_photo("large.jpg", 1, {400, 300}), add_photo("b.jpg")};
  const auto summary = run(jobs);
  EXPECT_EQ(summary.done, 2);
  EXPECT_EQ(summary.failed, 1);
  expect_failed_by_its_size(jobs[1]);
  expect_all_accounted_for(jobs);
}

TEST_P(Faults, APhotoTooLargeForTheModelToTakeWholeFailsAlone) {
  options_.enhance.request.tile = TileSpec::whole_image;
  engine_.shapes({.fixed = {64}});
  const std::vector<Job> jobs = {add_photo("a.jpg"), add_photo("large.jpg", 1, {400, 300}), add_photo("b.jpg")};
  EXPECT_EQ(run(jobs).done, 2);
  expect_failed_by_its_size(jobs[1]);
  expect_all_accounted_for(jobs);
}

TEST_P(Faults, AMemoryLimitThatHoldsNoPhotoEndsTheBatch) {
  options_.enhance.request.max_memory = 1 << 29;
  const std::vector<Job> jobs = {add_photo("a.jpg"), add_photo("b.jpg")};
  (void)expect_end(jobs, ErrorCode::usage);
}

TEST_P(Faults, CancellingDropsWhatIsUnderWayAndLeavesNoPartialFile) {
  std::vector<Job> jobs;
  for (int i = 0; i < 10; ++i) jobs.push_back(add_photo(std::to_string(i) + ".jpg", i));
  engine_.before_run = [&](int call) {
    if (call == 3) cancel_ = true;
  };
  const auto summary = run(jobs);
  EXPECT_LE(summary.done, 3);
  EXPECT_EQ(summary.done + summary.cancelled, 10);
  EXPECT_EQ(summary.failed, 0);
  expect_all_accounted_for(jobs);

  cancel_ = false;
  const auto next = run(jobs);
  EXPECT_EQ(next.skipped, summary.done) << "the next run goes on where this one stopped";
  EXPECT_EQ(next.done, 10 - summary.done);
}

TEST_P(Faults, CancellingBeforeTheStartDoesNothing) {
  const std::vector<Job> jobs = {add_photo("a.jpg"), add_photo("b.jpg")};
  cancel_ = true;
  EXPECT_EQ(run(jobs).cancelled, 2);
  EXPECT_EQ(engine_.runs, 0);
}

TEST_P(Faults, ManyPhotosManyFaultsAndACancelFromAnotherThreadAreAllAccountedFor) {
  std::vector<Job> jobs;
  for (int i = 0; i < 40; ++i) {
    const std::string name = std::to_string(i) + (i % 2 == 0 ? ".jpg" : ".png");
    jobs.push_back(i % 5 == 1 ? job_of(name) : add_photo(name, i));
    if (i % 10 == 6) write(jobs.back().input, "no photo any more");
  }
  std::atomic<int> calls = 0;
  engine_.before_run = [&](int call) {
    ++calls;
    if (call % 7 == 3) throw std::bad_alloc();
  };
  std::jthread canceller([&] {  // whoever is at work then: decoders, the engine, encoders
    while (calls < 12 && !cancel_) std::this_thread::yield();
    cancel_ = true;
  });
  const auto summary = run(jobs);
  cancel_ = true;
  EXPECT_EQ(summary.done + summary.failed + summary.cancelled, 40);
  EXPECT_GT(summary.done, 0);
  EXPECT_GT(summary.failed, 0);
  std::size_t expected = 0;
  for (const auto& job : jobs) expected += fs::exists(job.input) + fs::exists(job.output);
  EXPECT_EQ(files().size(), expected) << "a file is left over";
}

TEST_P(Faults, ABrokenModelEndsTheBatchAfterEveryPhotoWasReported) {
  for (const ErrorCode code : {ErrorCode::model, ErrorCode::device, ErrorCode::usage}) {
    std::vector<Job> jobs;
    for (int i = 0; i < 8; ++i) jobs.push_back(add_photo(std::to_string(i) + ".jpg"));
    for (const auto& job : jobs) fs::remove(job.output);
    engine_.runs = 0;
    engine_.before_run = [code](int call) {
      if (call >= 2) throw Error(code, "the model broke");
    };
    EXPECT_EQ(expect_end(jobs, code), "the model broke");
    const int tried = code == ErrorCode::model ? 3 : 1;  // one photo may be too much for a model
    EXPECT_EQ(engine_.runs, 2 + tried) << "photos behind the fault are not tried";
    EXPECT_EQ(files("_hdr").size(), 2U) << "what was enhanced before is kept";
  }
}

TEST_P(Faults, APhotoThatTheModelCannotDoFailsAlone) {
  std::vector<Job> jobs;
  for (int i = 0; i < 8; ++i) jobs.push_back(add_photo(std::to_string(i) + ".jpg"));
  engine_.before_run = [](int call) {
    if (call % 3 != 0) throw Error(ErrorCode::model, "returned NaN");  // never three in a row
  };
  const auto summary = run(jobs);
  EXPECT_EQ(summary.done, 3);
  EXPECT_EQ(summary.failed, 5);
  for (const auto& result : recorder_.finished) {
    if (result.status != PhotoStatus::failed) continue;
    EXPECT_NE(result.reason.find(result.job.input.string()), std::string::npos) << result.reason;
    EXPECT_NE(result.reason.find("returned NaN"), std::string::npos) << result.reason;
  }
}

TEST_P(Faults, AModelThatWorksForNoPhotoEndsTheBatch) {
  const std::vector<Job> jobs = {add_photo("a.jpg"), add_photo("b.jpg")};
  engine_.before_run = [](int) { throw Error(ErrorCode::model, "returned NaN"); };
  (void)expect_end(jobs, ErrorCode::model);
}

TEST_P(Faults, AnEngineThatCannotBeMadeEndsTheBatch) {
  const std::vector<Job> jobs = {add_photo("a.jpg"), add_photo("b.jpg")};
  const EngineSource none = []() -> Engine& { throw Error(ErrorCode::device, "no such device"); };
  EXPECT_THROW(run_batch(jobs, {.devices = {none}}, options_, recorder_, cancel_), Error);
  expect_all_accounted_for(jobs);
}

}  // namespace
}  // namespace hdrtile::test
