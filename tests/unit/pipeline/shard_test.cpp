#include <set>

#include "batch_fixture.h"

namespace hdrtile::test {
namespace {

class Shards : public BatchTest {
 protected:
  /// Runs one shard; the inputs it reported.
  std::vector<fs::path> inputs_of(const std::vector<Job>& jobs, Shard shard) {
    options_.shard = shard;
    run(jobs);
    std::vector<fs::path> inputs;
    for (const auto& result : recorder_.finished) inputs.push_back(result.job.input);
    return inputs;
  }
};

TEST(ShardSplit, PartsAreEvenRepeatableAndMakeUpTheList) {
  for (const std::size_t length : {0U, 1U, 2U, 7U, 24U}) {
    std::vector<Job> jobs;
    for (std::size_t i = 0; i < length; ++i) jobs.push_back({std::to_string(i), std::to_string(i) + "_hdr"});
    for (const int count : {1, 2, 3, 7, 30}) {
      std::multiset<fs::path> seen;
      for (int number = 1; number <= count; ++number) {
        const auto part = part_of(jobs, {number, count});
        EXPECT_GE(part.size(), length / count);
        EXPECT_LE(part.size(), (length + count - 1) / count);
        for (const Job& job : part) seen.insert(job.input);
      }
      EXPECT_EQ(seen.size(), length) << count << " shards";
      EXPECT_EQ(std::set<fs::path>(seen.begin(), seen.end()).size(), length) << count << " shards";
    }
  }
}

TEST(ShardSplit, NeighboursGoToDifferentShards) {
  const std::vector<Job> jobs{{"a", "A"}, {"b", "B"}, {"c", "C"}, {"d", "D"}, {"e", "E"}};
  const auto part = part_of(jobs, {2, 3});
  ASSERT_EQ(part.size(), 2U);
  EXPECT_EQ(part[0].input, "b");
  EXPECT_EQ(part[1].input, "e");
}

TEST_F(Shards, EachDoesItsPartAlone) {
  const std::vector<Job> jobs{add_photo("a.jpg"), add_photo("b.jpg"), add_photo("c.jpg")};
  for (const int threads : {0, 2}) {
    options_.jobs = threads;
    options_.on_exist = OnExist::overwrite;
    auto first = inputs_of(jobs, {1, 2});
    std::ranges::sort(first);
    EXPECT_EQ(first, (std::vector<fs::path>{jobs[0].input, jobs[2].input}));
    EXPECT_EQ(inputs_of(jobs, {2, 2}), std::vector<fs::path>{jobs[1].input});
    EXPECT_TRUE(inputs_of(jobs, {4, 4}).empty());
  }
}

TEST_F(Shards, CollisionsOfOtherShardsAreFoundByAll) {
  Job second = add_photo("b.jpg");
  const Job first = add_photo("a.jpg");
  second.output = first.output;
  for (const int number : {1, 2, 3}) {
    options_.shard = {number, 3};
    EXPECT_THROW(run({first, second}), Error) << number;
    EXPECT_THROW(examine_batch(
                     std::vector<Job>{first, second}, options_, [](const PhotoResult&) {}, cancel_),
                 Error);
  }
  EXPECT_TRUE(files("_hdr").empty());
}

TEST_F(Shards, AListThatGrewByResultsIsRefused) {
  const std::vector<Job> jobs{add_photo("a.jpg"), add_photo("b.jpg")};
  ASSERT_EQ(inputs_of(jobs, {1, 2}).size(), 1U);
  // What a folder named as input gives the shard that starts next.
  const std::vector<Job> grown{jobs[0], job_of("a_hdr.jpg"), jobs[1]};
  EXPECT_THROW(inputs_of(grown, {2, 2}), Error);
  EXPECT_NO_THROW(inputs_of(grown, {1, 1})) << "a run that does all of it loses none";
}

TEST_F(Shards, OutputThatIsAnotherShardsInputIsRefused) {
  const Job other = add_photo("b.jpg");
  Job job = add_photo("a.jpg");
  job.output = other.input;
  options_.shard = {1, 2};
  EXPECT_THROW(run({job, other}), Error);
}

TEST_F(Shards, RenameTakesNoNameOfAnotherShard) {
  Job other = add_photo("b.jpg");
  const Job job = add_photo("a.jpg");
  write(job.output, "mine");
  other.output = folder_ / "a_hdr_2.jpg";
  options_.on_exist = OnExist::rename;
  inputs_of({job, other}, {1, 2});
  EXPECT_EQ(recorder_.of(job.input).job.output.filename(), "a_hdr_3.jpg");
  inputs_of({job, other}, {2, 2});
  EXPECT_EQ(recorder_.of(other.input).job.output.filename(), "a_hdr_2.jpg");
}

}  // namespace
}  // namespace hdrtile::test
