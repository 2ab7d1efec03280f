#include "hdrtile/pipeline.h"

namespace hdrtile {

std::size_t size_of_part(std::size_t jobs, Shard shard) noexcept {
  return (jobs + static_cast<std::size_t>(shard.count - shard.number)) / static_cast<std::size_t>(shard.count);
}

std::vector<Job> part_of(std::span<const Job> jobs, Shard shard) {
  const auto step = static_cast<std::size_t>(shard.count);
  std::vector<Job> part;
  part.reserve(size_of_part(jobs.size(), shard));
  for (auto i = static_cast<std::size_t>(shard.number) - 1; i < jobs.size(); i += step) part.push_back(jobs[i]);
  return part;
}

}  // namespace hdrtile
