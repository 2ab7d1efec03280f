#include "shard.h"

#include <gtest/gtest.h>

#include <map>

#include "hdrtile/error.h"

namespace hdrtile::cli::test {
namespace {

using Variables = std::map<std::string, std::string>;

Shard parse(const std::string& text, const Variables& variables = {}) {
  return parse_shard(text, [&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

void expect_shard(Shard shard, int number, int count) {
  EXPECT_EQ(shard.number, number);
  EXPECT_EQ(shard.count, count);
}

void expect_refused(const std::string& text, const Variables& variables, const std::string& part) {
  try {
    (void)parse(text, variables);
    ADD_FAILURE() << text << " was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

Variables slurm(int id, int least, int most, int step, int count) {
  return {{"SLURM_ARRAY_TASK_ID", std::to_string(id)},
          {"SLURM_ARRAY_TASK_MIN", std::to_string(least)},
          {"SLURM_ARRAY_TASK_MAX", std::to_string(most)},
          {"SLURM_ARRAY_TASK_STEP", std::to_string(step)},
          {"SLURM_ARRAY_TASK_COUNT", std::to_string(count)}};
}

TEST(ShardFlag, NamesAShardFromOne) {
  expect_shard(parse("1/1"), 1, 1);
  expect_shard(parse("2/4"), 2, 4);
  expect_shard(parse("4/4"), 4, 4);
}

TEST(ShardFlag, RefusesWhatIsNoShard) {
  for (const auto* text : {"", "2", "/", "2/", "/4", "a/4", "2/b", "2/4/8", "2 /4", "+1/4", "-1/4", "0/4", "5/4", "1/0",
                           "1/99999999999", "auto/", "auto/0", "automatic"}) {
    expect_refused(text, slurm(1, 1, 4, 1, 4), text);
  }
}

TEST(ShardFlag, AutoReadsASlurmArrayWhereverItStartsAndHoweverItSteps) {
  expect_shard(parse("auto", slurm(1, 1, 4, 1, 4)), 1, 4);
  expect_shard(parse("auto", slurm(4, 1, 4, 1, 4)), 4, 4);
  expect_shard(parse("auto", slurm(0, 0, 3, 1, 4)), 1, 4);
  expect_shard(parse("auto", slurm(5, 1, 7, 2, 4)), 3, 4);
  auto no_step = slurm(2, 1, 4, 1, 4);
  no_step.erase("SLURM_ARRAY_TASK_STEP");
  expect_shard(parse("auto", no_step), 2, 4);
}

TEST(ShardFlag, AutoRefusesAnArrayOfPickedTasks) {
  expect_refused("auto", slurm(3, 1, 7, 1, 3), "_COUNT=3");
  expect_refused("auto", slurm(4, 1, 7, 2, 4), "SLURM_ARRAY_TASK_ID=4");
  expect_refused("auto", slurm(3, 1, 7, 0, 7), "_STEP=0");
}

TEST(ShardFlag, AutoNamesTheVariableThatIsMissing) {
  for (const auto* name : {"SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX"}) {
    auto variables = slurm(1, 1, 4, 1, 4);
    variables.erase(name);
    expect_refused("auto", variables, name);
  }
  expect_refused("auto", {}, "AWS_BATCH_JOB_ARRAY_INDEX");
  expect_refused("auto", {{"JOB_COMPLETION_INDEX", ""}}, "none of");
}

TEST(ShardFlag, AutoNeedsTheCountOfAKubernetesJob) {
  expect_shard(parse("auto/3", {{"JOB_COMPLETION_INDEX", "0"}}), 1, 3);
  expect_shard(parse("auto/3", {{"JOB_COMPLETION_INDEX", "2"}}), 3, 3);
  expect_refused("auto", {{"JOB_COMPLETION_INDEX", "0"}}, "--shard auto/N");
  expect_refused("auto/3", {{"JOB_COMPLETION_INDEX", "3"}}, "JOB_COMPLETION_INDEX");
}

TEST(ShardFlag, AutoReadsAnArrayOfAwsBatch) {
  const Variables third{{"AWS_BATCH_JOB_ARRAY_INDEX", "2"}, {"AWS_BATCH_JOB_ARRAY_SIZE", "10"}};
  expect_shard(parse("auto", third), 3, 10);
  expect_shard(parse("auto/10", third), 3, 10);
  expect_shard(parse("auto/10", {{"AWS_BATCH_JOB_ARRAY_INDEX", "2"}}), 3, 10);
  expect_refused("auto", {{"AWS_BATCH_JOB_ARRAY_INDEX", "2"}}, "auto/N");
}

TEST(ShardFlag, CountThatContradictsTheSchedulerIsRefused) {
  // sbatch --array=3 once more, for a task that had failed: it must not take the whole list.
  expect_refused("auto/20", slurm(3, 3, 3, 1, 1), "contradicts SLURM_ARRAY_TASK_ID");
  expect_refused("auto/9", {{"AWS_BATCH_JOB_ARRAY_INDEX", "2"}, {"AWS_BATCH_JOB_ARRAY_SIZE", "10"}}, "say 10");
}

TEST(ShardFlag, FirstSchedulerDecides) {
  auto variables = slurm(2, 1, 4, 1, 4);
  variables.insert({{"JOB_COMPLETION_INDEX", "0"}, {"AWS_BATCH_JOB_ARRAY_INDEX", "0"}});
  expect_shard(parse("auto", variables), 2, 4);
  variables.erase("SLURM_ARRAY_TASK_ID");
  expect_shard(parse("auto/7", variables), 1, 7);
}

TEST(ShardFlag, VariableThatIsNoNumberIsNamed) {
  expect_refused("auto/3", {{"JOB_COMPLETION_INDEX", "two"}}, "JOB_COMPLETION_INDEX is 'two'");
}

}  // namespace
}  // namespace hdrtile::cli::test
