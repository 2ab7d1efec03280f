#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "batch_fixture.h"

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
      (Stamp{.version = "1.0", .model = "identity", .settings = "usual", .input_hash = sha256(read_file(job.input))}));
}

TEST_F(Batch, PhotosInMemoryAreBoundedWhateverTheirNumber) {
  // A broken photo is reported by the decoders: then all before it are decoded, and all but a few must be under way.
  constexpr int photos = 60;
  constexpr int threads = 2;
  options_.jobs = threads;
  std::vector<Job> jobs;
  std::map<fs::path, int> decoded_before;
  int good = 0;
  for (int i = 0; i < photos; ++i) {
    if (i % 5 == 4) {
      jobs.push_back(job_of(std::to_string(i) + ".jpg"));
      write(jobs.back().input, "no photo");
      decoded_before[jobs.back().input] = good;
    } else {
      jobs.push_back(add_photo(std::to_string(i) + ".jpg"));
      ++good;
    }
  }
  engine_.before_run = [](int) { std::this_thread::sleep_for(std::chrono::milliseconds(3)); };
  int most_waiting = 0;
  int most_leaving = 0;
  int written = 0;
  Recorder watch;
  watch.also_on_finish = [&](const PhotoResult& result) {
    const int started = static_cast<int>(watch.started.size());
    if (result.status == PhotoStatus::done) ++written;
    if (const auto bad = decoded_before.find(result.job.input); bad != decoded_before.end()) {
      most_waiting = std::max(most_waiting, bad->second - started);
    }
    most_leaving = std::max(most_leaving, started - written);
  };
  const auto summary = run_batch(jobs, engine_, options_, watch, cancel_);
  EXPECT_EQ(summary.done, good);
  EXPECT_LE(most_waiting, threads + 1);  // held by the other decoders, in the queue, just taken out of it
  EXPECT_LE(most_leaving, threads + 3);
}

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
