#include "hdrtile/pipeline.h"

namespace hdrtile {

std::vector<Job> part_of(std::span<const Job> jobs, Shard shard) {
  const auto step = static_cast<std::size_t>(shard.count);
  std::vector<Job> part;
  part.reserve(jobs.size() / step + 1);
  for (auto i = static_cast<std::size_t>(shard.number) - 1; i < jobs.size(); i += step) part.push_back(jobs[i]);
  return part;
}

}  // namespace hdrtile
