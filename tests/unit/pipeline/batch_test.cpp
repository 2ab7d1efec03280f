#include <sched.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "batch_fixture.h"
#include "stages.h"

namespace hdrtile::test {
namespace {

class Batch : public BatchTest {};

TEST_F(Batch, AnyNumberOfJobsAndAnyOrderGiveTheBytesOfTheInlineRun) {
  std::vector<Job> jobs;
  for (int i = 0; i < 12; ++i) {
    jobs.push_back(add_photo(std::to_string(i) + (i % 3 == 0 ? ".png" : ".jpg"), i, {17 + 13 * i, 90 - 5 * i}));
  }
  options_.enhance.request.tile = 32;
  options_.enhance.request.overlap = 8;
  options_.on_exist = OnExist::overwrite;
  options_.jobs = 0;
  ASSERT_EQ(run(jobs).done, 12);
  const auto expected = files("_hdr");
  ASSERT_EQ(expected.size(), 12U);

  std::mt19937 random(3);
  for (const int threads : {1, 2, 4, 40}) {
    for (const auto& job : jobs) fs::remove(job.output);
    std::ranges::shuffle(jobs, random);
    options_.jobs = threads;
    ASSERT_EQ(run(jobs).done, 12) << threads;
    EXPECT_EQ(files("_hdr"), expected) << threads;
  }
}

TEST_F(Batch, IdentityGivesBackThePixelsOfAPng) {
  const Job job = add_photo("a.png", 5, {61, 47});
  options_.enhance.request.tile = 24;
  options_.enhance.request.overlap = 8;
  ASSERT_EQ(run({job}).done, 1);
  const Photo before = decode_photo(read_file(job.input), job.input);
  const Photo after = decode_photo(read_file(job.output), job.output);
  ASSERT_EQ(before.pixels.size(), after.pixels.size());
  for (int y = 0; y < before.pixels.height(); ++y) {
    const auto* row = before.pixels.row<std::uint8_t>(y);
    EXPECT_TRUE(std::equal(row, row + 3 * before.pixels.width(), after.pixels.row<std::uint8_t>(y))) << y;
  }
}

TEST_F(Batch, EveryPhotoIsReportedOnceWithItsFacts) {
  const std::vector<Job> jobs = {add_photo("a.jpg"), add_photo("b.png"), job_of("missing.jpg")};
  for (const int threads : {0, 1, 3}) {
    for (const auto& job : jobs) fs::remove(job.output);
    options_.jobs = threads;
    const auto summary = run(jobs);
    EXPECT_EQ(summary.done, 2);
    EXPECT_EQ(summary.failed, 1);
    std::multiset<fs::path> reported;
    for (const auto& result : recorder_.finished) reported.insert(result.job.input);
    EXPECT_EQ(reported, (std::multiset<fs::path>{jobs[0].input, jobs[1].input, jobs[2].input}));
    const auto& result = recorder_.of(jobs[0].input);
    EXPECT_EQ(result.input_size, (Size{40, 30}));
    EXPECT_EQ(result.output_size, (Size{40, 30}));
    EXPECT_TRUE(result.plan.has_value());
  }
}

TEST_F(Batch, OutputsCarryAFullStamp) {
  const Job job = add_photo("a.jpg");
  run({job});
  const auto stamp = read_header(read_file(job.output), job.output).stamp;
  ASSERT_TRUE(stamp.has_value());
  EXPECT_EQ(
      *stamp,
      (Stamp{.version = "1.0",
             .model = "identity",
             .settings = "usual",
             .input_hash = sha256(read_file(job.input)),
             .engine = "test cpu fp32"}));
}

/// Photos that were under way at most, whatever was slow.
struct Crowd {
  int before_engine = 0;
  int behind_engine = 0;
};

class PhotosInMemory : public BatchTest {
 protected:
  static constexpr int photos = 60;
  static constexpr int threads = 2;

  /// A broken photo is reported by the decoders: then all before it are decoded.
  Crowd watch(const std::string& extension, Size size) {
    options_.jobs = threads;
    std::vector<Job> jobs;
    std::map<fs::path, int> good_before;
    int good = 0;
    for (int i = 0; i < photos; ++i) {
      if (i % 5 == 4) {
        jobs.push_back(job_of(std::to_string(i) + extension));
        write(jobs.back().input, "no photo");
        good_before[jobs.back().input] = good;
      } else {
        jobs.push_back(add_photo(std::to_string(i) + extension, i, size));
        ++good;
      }
    }
    Crowd most;
    int written = 0;
    Recorder recorder;
    recorder.also_on_finish = [&](const PhotoResult& result) {
      const int started = static_cast<int>(recorder.started.size());
      if (const auto bad = good_before.find(result.job.input); bad != good_before.end()) {
        most.before_engine = std::max(most.before_engine, bad->second - started);
      }
      most.behind_engine = std::max(most.behind_engine, started - written);
      if (result.status == PhotoStatus::done) ++written;
    };
    EXPECT_EQ(run_batch(jobs, engine_, options_, recorder, cancel_).done, good);
    return most;
  }
};

TEST_F(PhotosInMemory, AreFewBeforeASlowEngine) {
  engine_.before_run = [](int) { std::this_thread::sleep_for(std::chrono::milliseconds(3)); };
  // Held by the other decoder, in the queue, just taken out of it.
  EXPECT_LE(watch(".jpg", {40, 30}).before_engine, (threads - 1) + 1 + 1);
}

TEST_F(PhotosInMemory, AreFewBehindAFastEngine) {
  // PNGs of noise: encoding is what takes longest. In the engine, waiting to be pushed or in the queue, and encoded.
  EXPECT_LE(watch(".png", {300, 200}).behind_engine, 1 + 1 + threads);
}

TEST_F(Batch, PreviewsAreMadeWithDecodingOnceItIsKnownWhatTheModelWants) {
  const std::vector<Job> jobs = {add_photo("a.png"), add_photo("b.png", 2, {60, 20})};
  engine_.contextual(12);
  Stages stages(jobs, options_, recorder_, cancel_);
  auto first = stages.decode(jobs[0]);
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->preview) << "no engine has been made yet";
  ASSERT_TRUE(stages.infer(*first, [&]() -> Engine& { return engine_; }, {}));
  auto second = stages.decode(jobs[1]);
  ASSERT_TRUE(second && second->preview);
  EXPECT_EQ(second->preview->size, (Size{12, 4}));
  EXPECT_EQ(second->preview->pixels, make_preview(second->photo.pixels, 12).pixels);
  ASSERT_TRUE(stages.infer(*second, [&]() -> Engine& { return engine_; }, {}));
  EXPECT_FALSE(second->preview) << "held while the result is encoded";
}

/// How often the engine was asked for.
class EngineRequests : public BatchTest {
 protected:
  int count(const std::vector<Job>& jobs) {
    std::atomic<int> requests = 0;
    const EngineSource source = [&]() -> Engine& {
      ++requests;
      return engine_;
    };
    (void)run_batch(jobs, {.devices = {source}}, options_, recorder_, cancel_);
    return requests;
  }
};

TEST_F(EngineRequests, ComeWhileTheFirstPhotoIsDecoded) {
  Job bracket = add_photo("a.jpg");
  bracket.further = {add_photo("b.jpg", 2, {20, 30}).input};  // found to be of another size when both are decoded
  EXPECT_EQ(count({bracket}), 1);
  EXPECT_EQ(recorder_.of(bracket.input).status, PhotoStatus::failed);
  options_.jobs = 0;
  EXPECT_EQ(count({bracket}), 0) << "one thread does one thing after another";
}

TEST_F(EngineRequests, DoNotComeForPhotosThatAreSkippedOrCannotBeRead) {
  const std::vector<Job> jobs = {add_photo("a.jpg"), {folder_ / "none.jpg", folder_ / "out.jpg"}};
  write(jobs[0].output, "there");
  EXPECT_EQ(count(jobs), 0);
}

TEST_F(Batch, AnEngineThatCannotBeMadeAheadEndsTheRunAtThePhotoThatNeedsIt) {
  const std::vector<Job> jobs = {add_photo("a.jpg"), add_photo("b.jpg")};
  std::atomic<int> requests = 0;
  const EngineSource broken = [&]() -> Engine& {
    throw Error(ErrorCode::device, "fault " + std::to_string(++requests));
  };
  EXPECT_THROW((void)run_batch(jobs, {.devices = {broken}}, options_, recorder_, cancel_), Error);
  ASSERT_EQ(recorder_.finished.size(), 2U);
  EXPECT_EQ(requests, 1) << "a second try may know less of why";
  EXPECT_EQ(recorder_.finished.front().reason, "fault 1");
}

TEST_F(Batch, TheLastPhotoIsEncodedByAllCores) {
  for (const int number : {1, 2}) {
    std::vector<Job> jobs;
    for (const char* name : {"a.jpg", "b.jpg", "c.jpg", "d.jpg"}) jobs.push_back(add_photo(name));
    options_.on_exist = OnExist::overwrite;
    options_.shard = {.number = number, .count = 2};
    options_.cores = 2;
    int one_thread = 0;
    options_.encode.spread = [&](int count, const std::function<void(int)>& task) {
      ++one_thread;
      in_turn(count, task);
    };
    Stages stages(jobs, options_, recorder_, cancel_);
    const auto encode = [&](const Job& job) {
      auto work = stages.decode(job);
      ASSERT_TRUE(work && stages.infer(*work, [&]() -> Engine& { return engine_; }, {}));
      stages.encode(std::move(*work));
    };
    encode(jobs[number - 1]);
    EXPECT_EQ(one_thread, 1) << "another photo is to be computed";
    encode(jobs[number + 1]);
    EXPECT_EQ(one_thread, 1);
    EXPECT_GT(recorder_.finished.back().core_ms.encode.value(), 0);
  }
}

TEST_F(Batch, APhotoThatIsTheLastLeftIsEncodedByAllCores) {
  const std::vector<Job> jobs = {add_photo("a.jpg"), add_photo("b.jpg"), {folder_ / "none.jpg", folder_ / "out.jpg"}};
  options_.cores = 2;
  options_.encode.spread = [](int, const auto&) { FAIL() << "one thread for the last photo"; };
  Stages stages(jobs, options_, recorder_, cancel_);
  auto work = stages.decode(jobs[0]);
  ASSERT_TRUE(work && stages.infer(*work, [&]() -> Engine& { return engine_; }, {}));
  EXPECT_FALSE(stages.decode(jobs[2])) << "does not exist";
  auto broken = stages.decode(jobs[1]);
  stages.stop();
  ASSERT_TRUE(broken);
  EXPECT_FALSE(stages.infer(*broken, [&]() -> Engine& { return engine_; }, {}));
  stages.encode(std::move(*work));
}

#ifdef SCHED_BATCH
TEST_F(Batch, ThreadsOfCodecsTakeNoCoreFromTheNetworksWhenTheyWake) {
  const std::vector<Job> jobs = {add_photo("a.jpg"), add_photo("b.png")};
  const int ours = ::sched_getscheduler(0);  // whatever the suite was started with: only the usual one is changed
  int networks = -1;
  std::vector<int> codecs;
  engine_.before_run = [&](int) { networks = ::sched_getscheduler(0); };
  recorder_.also_on_finish = [&](const PhotoResult&) { codecs.push_back(::sched_getscheduler(0)); };  // by an encoder
  options_.jobs = 1;
  ASSERT_EQ(run_batch(jobs, engine_, options_, recorder_, cancel_).done, 2);
  EXPECT_EQ(networks, ours);
  EXPECT_EQ(codecs, std::vector<int>(2, ours == SCHED_OTHER ? SCHED_BATCH : ours));
}
#endif

TEST_F(Batch, ObserverIsNeverCalledTwiceAtOnce) {
  struct Exclusive : Observer {
    std::mutex busy;
    int overlaps = 0;
    void enter() {
      const std::unique_lock lock(busy, std::try_to_lock);
      if (!lock) ++overlaps;
      std::this_thread::yield();
    }
    void on_start(const Job&, Size) override { enter(); }
    void on_progress(const Job&, double) override { enter(); }
    void on_finish(const PhotoResult&) override { enter(); }
  } observer;
  std::vector<Job> jobs;
  for (int i = 0; i < 30; ++i)
    jobs.push_back(i % 2 == 0 ? add_photo(std::to_string(i) + ".jpg") : job_of("none" + std::to_string(i)));
  options_.jobs = 4;
  run_batch(jobs, engine_, options_, observer, cancel_);
  EXPECT_EQ(observer.overlaps, 0);
}

}  // namespace
}  // namespace hdrtile::test
