// Several devices share a batch: their engines here are fakes of different speeds and faults.
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "batch_fixture.h"

namespace hdrtile::test {
namespace {

using namespace std::chrono_literals;

class Devices : public BatchTest {
 protected:
  void SetUp() override {
    BatchTest::SetUp();
    options_.jobs = 3;
    options_.on_exist = OnExist::overwrite;
  }

  /// `count` engines, "cuda:0", "cuda:1", ...
  EngineSources make(int count) {
    engines_.clear();
    EngineSources sources;
    for (int i = 0; i < count; ++i) {
      engines_.push_back(std::make_unique<IdentityEngine>());
      engines_.back()->device("cuda:" + std::to_string(i));
      sources.devices.emplace_back([engine = engines_.back().get()]() -> Engine& { return *engine; });
    }
    return sources;
  }

  std::vector<Job> add_photos(int count) {
    std::vector<Job> jobs;
    for (int i = 0; i < count; ++i) {
      jobs.push_back(add_photo(std::to_string(i) + ".png", i, {30 + i, 40}));
    }
    return jobs;
  }

  BatchSummary run(const std::vector<Job>& jobs, const EngineSources& sources) {
    recorder_.started.clear();
    recorder_.finished.clear();
    return run_batch(jobs, sources, options_, recorder_, cancel_);
  }

  [[nodiscard]] std::map<std::string, int> photos_by_device() const {
    std::map<std::string, int> photos;
    for (const auto& result : recorder_.finished) photos[result.device] += result.status == PhotoStatus::done ? 1 : 0;
    return photos;
  }

  void expect_each_reported_once(const std::vector<Job>& jobs) {
    std::multiset<fs::path> reported;
    std::multiset<fs::path> asked;
    for (const auto& result : recorder_.finished) reported.insert(result.job.input);
    for (const auto& job : jobs) asked.insert(job.input);
    EXPECT_EQ(reported, asked);
  }

  std::vector<std::unique_ptr<IdentityEngine>> engines_;
};

TEST_F(Devices, EveryPhotoIsDoneOnceAndItsBytesDoNotDependOnWhichDeviceDidIt) {
  const std::vector<Job> jobs = add_photos(24);
  ASSERT_EQ(run(jobs, make(1)).done, 24);
  const auto expected = files("_hdr");
  for (const int devices : {2, 5}) {
    const EngineSources sources = make(devices);
    for (int i = 0; i < devices; ++i) {
      engines_[i]->before_run = [i](int) { std::this_thread::sleep_for(1ms * i); };
    }
    for (const auto& job : jobs) fs::remove(job.output);
    ASSERT_EQ(run(jobs, sources).done, 24) << devices;
    EXPECT_EQ(files("_hdr"), expected) << devices;
    expect_each_reported_once(jobs);
    int runs = 0;
    for (const auto& engine : engines_) runs += engine->runs;
    EXPECT_EQ(runs, 24) << "one tile each";
  }
}

TEST_F(Devices, ASlowDeviceHoldsTheOthersUpBySoMuchAsItsOwnPhoto) {
  const std::vector<Job> jobs = add_photos(16);
  const EngineSources sources = make(3);
  std::atomic<int> others = 0;
  engines_[1]->before_run = [&](int) {  // this one does not come back before the others have done all the rest
    for (int i = 0; i < 5000 && others < 15; ++i) std::this_thread::sleep_for(1ms);
  };
  for (const int quick : {0, 2}) engines_[quick]->before_run = [&](int) { ++others; };
  ASSERT_EQ(run(jobs, sources).done, 16);
  EXPECT_LE(engines_[1]->runs, 1);
  EXPECT_EQ(photos_by_device()["cuda:1"], engines_[1]->runs);
}

TEST_F(Devices, TheDeviceOfEachPhotoIsTold) {
  const std::vector<Job> jobs = add_photos(9);
  ASSERT_EQ(run(jobs, make(3)).done, 9);
  const auto photos = photos_by_device();
  for (int i = 0; i < 3; ++i) {
    const auto found = photos.find("cuda:" + std::to_string(i));
    EXPECT_EQ(found == photos.end() ? 0 : found->second, engines_[i]->runs);
  }
  options_.jobs = 0;
  ASSERT_EQ(run(jobs, make(3)).done, 9);
  EXPECT_EQ(photos_by_device()["cuda:0"], 9) << "without threads the first does all";
}

TEST_F(Devices, OneThatFailsLosesItsPhotoAndTheOthersDoTheRest) {
  const std::vector<Job> jobs = add_photos(20);
  const EngineSources sources = make(3);
  std::atomic<bool> failed = false;
  engines_[2]->before_run = [&](int) {
    failed = true;
    throw Error(ErrorCode::device, "cuda:2 fell off the bus");
  };
  for (const int good : {0, 1}) {  // the broken one gets its photo
    engines_[good]->before_run = [&](int) {
      for (int i = 0; i < 5000 && !failed; ++i) std::this_thread::sleep_for(1ms);
    };
  }
  try {
    run(jobs, sources);
    ADD_FAILURE() << "the fault is forgotten";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::device);
    EXPECT_STREQ(error.what(), "cuda:2 fell off the bus");
  }
  expect_each_reported_once(jobs);
  EXPECT_EQ(engines_[2]->runs, 1);
  EXPECT_EQ(files("_hdr").size(), 19U);
}

TEST_F(Devices, WhenAllHaveFailedTheRestIsReportedAsNotReached) {
  const std::vector<Job> jobs = add_photos(12);
  const EngineSources sources = make(3);
  for (const auto& engine : engines_) {
    engine->before_run = [](int) { throw Error(ErrorCode::device, "broken"); };
  }
  EXPECT_THROW(run(jobs, sources), Error);
  expect_each_reported_once(jobs);
  int failed = 0;
  for (const auto& result : recorder_.finished) failed += result.status == PhotoStatus::failed ? 1 : 0;
  EXPECT_GE(failed, 1);
  EXPECT_LE(failed, 3);
  EXPECT_TRUE(files("_hdr").empty());
}

TEST_F(Devices, ADeviceThatCannotBeMadeIsToldAndTheOthersDoTheRest) {
  const std::vector<Job> jobs = add_photos(8);
  EngineSources sources = make(2);
  sources.devices.emplace_back([]() -> Engine& { throw Error(ErrorCode::device, "no CUDA device 2"); });
  try {
    run(jobs, sources);
  } catch (const Error& error) {  // not where the others were quick enough to leave it no photo
    EXPECT_STREQ(error.what(), "no CUDA device 2");
  }
  expect_each_reported_once(jobs);
  EXPECT_GE(files("_hdr").size(), 7U);
}

TEST_F(Devices, ABrokenModelEndsTheBatchOnAllOfThem) {
  const std::vector<Job> jobs = add_photos(20);
  const EngineSources sources = make(3);
  for (const auto& engine : engines_) {
    engine->before_run = [](int) { throw Error(ErrorCode::model, "returned NaN"); };
  }
  EXPECT_THROW(run(jobs, sources), Error);
  expect_each_reported_once(jobs);
  int runs = 0;
  for (const auto& engine : engines_) runs += engine->runs;
  EXPECT_LE(runs, 5) << "three in a row, and those that were under way meanwhile";
}

TEST_F(Devices, CancellingStopsThemAllAndLeavesNoPartialFile) {
  const std::vector<Job> jobs = add_photos(30);
  const EngineSources sources = make(3);
  std::atomic<int> calls = 0;
  for (const auto& engine : engines_) {
    engine->before_run = [&](int) {
      if (++calls == 6) cancel_ = true;
    };
  }
  const auto summary = run(jobs, sources);
  EXPECT_EQ(summary.done + summary.cancelled, 30);
  EXPECT_GT(summary.cancelled, 0);
  expect_each_reported_once(jobs);
  EXPECT_EQ(files("_hdr").size(), static_cast<std::size_t>(summary.done));
}

TEST_F(Devices, AnEngineOfTwoLanesIsHandedTwoPhotosAtOnceAndNoMore) {
  const std::vector<Job> jobs = add_photos(12);
  const EngineSources sources = make(1);
  engines_[0]->lanes_ = 2;
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  engines_[0]->before_run = [&](int call) {
    const int now = ++inside;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
    for (int i = 0; call > 0 && i < 2000 && most < 2; ++i) std::this_thread::sleep_for(1ms);
    --inside;
  };
  ASSERT_EQ(run(jobs, sources).done, 12);
  EXPECT_EQ(most, 2);
  expect_each_reported_once(jobs);
}

TEST_F(Devices, APhotoThatFitsNoDeviceIsDoneByTheFallbackAndSaysSo) {
  const std::vector<Job> jobs = add_photos(6);
  EngineSources sources = make(2);
  std::atomic<bool> refused = false;
  engines_[0]->before_run = [&](int) {
    refused = true;
    throw Error(ErrorCode::out_of_memory, "refused");
  };
  engines_[1]->before_run = [&](int) {  // leaves the other one a photo
    for (int i = 0; i < 2000 && !refused; ++i) std::this_thread::sleep_for(1ms);
  };
  int made = 0;
  sources.fallback = [&]() -> Engine& {
    ++made;
    return engine_;
  };
  options_.enhance.request.tile = 16;  // there is no smaller one
  options_.enhance.request.overlap = 8;
  ASSERT_EQ(run(jobs, sources).done, 6);
  EXPECT_GT(made, 0);
  int fallen = 0;
  for (const auto& result : recorder_.finished) {
    if (result.device != "cpu") continue;
    ++fallen;
    ASSERT_FALSE(result.downgrades.empty());
    EXPECT_NE(result.downgrades[0].find("done on cpu"), std::string::npos) << result.downgrades[0];
    EXPECT_NE(result.downgrades[0].find("out of memory on cuda:"), std::string::npos) << result.downgrades[0];
    EXPECT_EQ(read_header(read_file(result.job.output), result.job.output).stamp->engine, "test cpu fp32");
  }
  EXPECT_EQ(fallen, made);

  sources.fallback = {};
  engines_[1]->before_run = [](int) { throw Error(ErrorCode::out_of_memory, "refused"); };
  EXPECT_EQ(run(jobs, sources).failed, 6) << "only where there is one";
}

}  // namespace
}  // namespace hdrtile::test
