#pragma once

#include <span>

#include "hdrtile/pipeline.h"

namespace hdrtile {

/// Finds what would lose a photo before anything runs: two inputs that share an output, and an output that is an input
/// (by any name: links, case). An input that carries hdrtile's stamp is not protected unless it is to be enhanced
/// again: it is an earlier output that a wildcard caught. Of shards none may be caught so: the list would grow between
/// one shard's start and the next one's, and photos would belong to none. Throws Error{usage} naming both.
void check_collisions(std::span<const Job> jobs, const BatchOptions& options);

}  // namespace hdrtile
