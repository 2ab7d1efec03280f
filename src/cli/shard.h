#pragma once

#include <functional>
#include <string>

#include "hdrtile/pipeline.h"

namespace hdrtile::cli {

/// Looks up a variable; nullptr when it is not set.
using Environment = std::function<const char*(const char* name)>;

/// What --shard says: "2/4", "auto" (number and count from the scheduler's variables), or "auto/4" (the count is given;
/// what the scheduler says of it must agree). Schedulers, the first whose index is set: Slurm's job arrays
/// (SLURM_ARRAY_TASK_ID), Kubernetes' Indexed Jobs (JOB_COMPLETION_INDEX), AWS Batch's array jobs
/// (AWS_BATCH_JOB_ARRAY_INDEX). Throws Error{usage} naming the variables that are missing or contradict each other.
[[nodiscard]] Shard parse_shard(const std::string& text, const Environment& environment);

/// "shard 2 of 4"
[[nodiscard]] std::string describe(Shard shard);

}  // namespace hdrtile::cli
