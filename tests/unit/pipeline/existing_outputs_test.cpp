#include "batch_fixture.h"

namespace hdrtile::test {
namespace {

class ExistingOutputs : public BatchTest {
 protected:
  PhotoStatus again(const Job& job) {
    run({job});
    return recorder_.of(job.input).status;
  }
  [[nodiscard]] static fs::file_time_type age(const fs::path& file) {
    const auto past = fs::file_time_type::clock::now() - std::chrono::hours(24);
    fs::last_write_time(file, past);
    return past;
  }
};

TEST_F(ExistingOutputs, SkipLeavesThem) {
  const Job job = add_photo("a.jpg");
  write(job.output, "mine");
  EXPECT_EQ(again(job), PhotoStatus::skipped);
  EXPECT_NE(recorder_.of(job.input).reason.find("--on-exist"), std::string::npos);
  EXPECT_EQ(files("_hdr").at("a_hdr.jpg").size(), 4U);
}

TEST_F(ExistingOutputs, OverwriteReplacesThem) {
  const Job job = add_photo("a.jpg");
  write(job.output, "mine");
  options_.on_exist = OnExist::overwrite;
  EXPECT_EQ(again(job), PhotoStatus::done);
  EXPECT_NO_THROW((void)decode_photo(read_file(job.output), job.output));
}

TEST_F(ExistingOutputs, FailFailsThePhoto) {
  const Job job = add_photo("a.jpg");
  write(job.output, "mine");
  options_.on_exist = OnExist::fail;
  EXPECT_EQ(again(job), PhotoStatus::failed);
  EXPECT_EQ(recorder_.of(job.input).error, ErrorCode::output);
  EXPECT_EQ(files("_hdr").at("a_hdr.jpg").size(), 4U);
}

TEST_F(ExistingOutputs, RenameWritesBesideThemAndTakesNoNameOfTheBatch) {
  const Job a = add_photo("a.jpg");
  Job other = add_photo("b.jpg");
  other.output = folder_ / "a_hdr_2.jpg";
  write(a.output, "mine");
  options_.on_exist = OnExist::rename;
  EXPECT_EQ(run({a, other}).done, 2);
  EXPECT_EQ(recorder_.of(a.input).job.output, folder_ / "a_hdr_3.jpg");
  EXPECT_EQ(recorder_.of(other.input).job.output, folder_ / "a_hdr_2.jpg");
  EXPECT_EQ(files("_hdr").at("a_hdr.jpg").size(), 4U);
}

TEST_F(ExistingOutputs, UpdateRedoesWhatIsStaleOnly) {
  const Job job = add_photo("a.jpg", 1);
  ASSERT_EQ(again(job), PhotoStatus::done);
  options_.on_exist = OnExist::update;
  const auto past = age(job.output);
  EXPECT_EQ(again(job), PhotoStatus::skipped);
  EXPECT_EQ(fs::last_write_time(job.output), past);

  options_.version = "2.0";
  EXPECT_EQ(again(job), PhotoStatus::skipped) << "another version of hdrtile alone is no reason";
  options_.model_id = "another";
  EXPECT_EQ(again(job), PhotoStatus::done);
  EXPECT_EQ(again(job), PhotoStatus::skipped);
  options_.settings_id = "other";
  EXPECT_EQ(again(job), PhotoStatus::done);
  EXPECT_EQ(again(job), PhotoStatus::skipped);
  add_photo("a.jpg", 2);
  EXPECT_EQ(again(job), PhotoStatus::done);
  EXPECT_EQ(again(job), PhotoStatus::skipped);
}

TEST_F(ExistingOutputs, SkipTellsWhatIsStaleAndCountsIt) {
  const Job job = add_photo("a.jpg", 1);
  ASSERT_EQ(again(job), PhotoStatus::done);
  options_.version = "2.0";
  EXPECT_EQ(again(job), PhotoStatus::skipped);
  EXPECT_EQ(recorder_.of(job.input).existing, Existing::current);
  EXPECT_NE(recorder_.of(job.input).reason.find("made by hdrtile 1.0"), std::string::npos);

  const auto before = files("_hdr");
  options_.model_id = "another";
  options_.settings_id = "other";
  add_photo("a.jpg", 2);
  EXPECT_EQ(run({job}).stale, 1);
  EXPECT_EQ(recorder_.of(job.input).status, PhotoStatus::skipped);
  EXPECT_EQ(recorder_.of(job.input).existing, Existing::stale);
  EXPECT_EQ(recorder_.of(job.input).stale, (std::vector<std::string>{"photo", "model", "settings"}));
  EXPECT_EQ(files("_hdr"), before);
}

TEST_F(ExistingOutputs, TheEngineIsAFactAndNoReasonToRedoAPhoto) {
  const Job job = add_photo("a.jpg", 1);
  ASSERT_EQ(again(job), PhotoStatus::done);
  engine_.backend("another");
  options_.on_exist = OnExist::update;
  EXPECT_EQ(again(job), PhotoStatus::skipped);
  EXPECT_EQ(recorder_.of(job.input).existing, Existing::current);
}

TEST_F(ExistingOutputs, UpdateHasNoRightToFilesOfOthers) {
  const Job job = add_photo("a.jpg");
  write(job.output, noise_photo({10, 10}, Format::jpeg, 9));
  const auto before = files("_hdr");
  options_.on_exist = OnExist::update;
  EXPECT_EQ(again(job), PhotoStatus::skipped);
  EXPECT_EQ(files("_hdr"), before);
}

TEST_F(ExistingOutputs, AFolderInTheWayFailsThePhoto) {
  const Job job = add_photo("a.jpg");
  fs::create_directory(job.output);
  for (const auto on_exist : {OnExist::skip, OnExist::overwrite}) {
    options_.on_exist = on_exist;
    EXPECT_EQ(again(job), PhotoStatus::failed);
  }
}

TEST_F(ExistingOutputs, AMissingInputFailsEvenWhenItsOutputExists) {
  const Job job = job_of("missing.jpg");
  write(job.output, "mine");
  EXPECT_EQ(again(job), PhotoStatus::failed);
}

TEST_F(ExistingOutputs, PhotosThatCarryTheStampAreNotEnhancedAgain) {
  const Job first = add_photo("a.jpg");
  ASSERT_EQ(again(first), PhotoStatus::done);
  const Job second = job_of("a_hdr.jpg");
  EXPECT_EQ(again(second), PhotoStatus::skipped);
  EXPECT_NE(recorder_.of(second.input).reason.find("--reprocess"), std::string::npos);
  options_.reprocess = true;
  EXPECT_EQ(again(second), PhotoStatus::done);
  EXPECT_TRUE(fs::exists(folder_ / "a_hdr_hdr.jpg"));
}

TEST_F(ExistingOutputs, NoEngineIsMadeWhenEveryPhotoIsSkipped) {
  const std::vector<Job> jobs = {add_photo("a.jpg"), add_photo("b.jpg")};
  run(jobs);
  int made = 0;
  const EngineSource source = [&]() -> Engine& {
    ++made;
    return engine_;
  };
  for (const int threads : {0, 2}) {
    options_.jobs = threads;
    EXPECT_EQ(run_batch(jobs, {.devices = {source}}, options_, recorder_, cancel_).skipped, 2);
  }
  EXPECT_EQ(made, 0);
}

TEST_F(ExistingOutputs, TwoPhotosOfOneOutputAreRefusedBeforeAnythingRuns) {
  Job a = add_photo("a.jpg");
  Job b = add_photo("b.jpg");
  fs::create_directory(folder_ / "sub");
  a.output = folder_ / "same.jpg";
  b.output = folder_ / "sub" / ".." / "same.jpg";
  try {
    run({a, b});
    ADD_FAILURE() << "not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_NE(std::string(error.what()).find("a.jpg"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("b.jpg"), std::string::npos);
  }
  EXPECT_TRUE(recorder_.finished.empty());
  EXPECT_FALSE(fs::exists(a.output));
}

TEST_F(ExistingOutputs, AnInputIsNeverWrittenToUnderAnyName) {
  const Job a = add_photo("a.jpg", 1);
  const Job b = add_photo("b.jpg", 2);
  fs::create_symlink(b.input, folder_ / "soft.jpg");
  fs::create_hard_link(b.input, folder_ / "hard.jpg");
  const auto before = files();
  for (const auto on_exist : {OnExist::skip, OnExist::update, OnExist::overwrite, OnExist::rename, OnExist::fail}) {
    options_.on_exist = on_exist;
    for (const char* name : {"a.jpg", "b.jpg", "soft.jpg", "hard.jpg"}) {
      EXPECT_THROW(run({{a.input, folder_ / name}, b}), Error) << name;
    }
  }
  EXPECT_EQ(files(), before);
}

TEST_F(ExistingOutputs, AnEarlierOutputAmongTheInputsMayBeUpdated) {
  const Job first = add_photo("a.jpg", 1);
  ASSERT_EQ(again(first), PhotoStatus::done);
  const Job caught = job_of("a_hdr.jpg");
  add_photo("a.jpg", 2);
  options_.on_exist = OnExist::update;
  const auto summary = run({first, caught});
  EXPECT_EQ(summary.done, 1);
  EXPECT_EQ(summary.skipped, 1);
  options_.reprocess = true;
  EXPECT_THROW(run({first, caught}), Error) << "now it is an input";
}

TEST_F(ExistingOutputs, ExaminingSaysWhatARunWouldDoAndWritesNothing) {
  const Job fresh = add_photo("fresh.jpg", 1, {50, 20});
  const Job there = add_photo("there.jpg");
  const Job missing = job_of("missing.jpg");
  write(there.output, "mine");
  const auto before = files();
  std::vector<PhotoResult> told;
  examine_batch(
      std::vector{fresh, there, missing}, options_, [&](const PhotoResult& r) { told.push_back(r); }, cancel_);
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].status, PhotoStatus::done);
  EXPECT_EQ(told[0].input_size, (Size{50, 20}));
  EXPECT_EQ(told[1].status, PhotoStatus::skipped);
  EXPECT_EQ(told[2].status, PhotoStatus::failed);
  EXPECT_EQ(files(), before);
}

}  // namespace
}  // namespace hdrtile::test
