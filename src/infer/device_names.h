#pragma once

#include <string>
#include <vector>

namespace hdrtile {

/// The numbers in cuda:N[,M...]; 0 for cuda. Throws Error{usage} for anything else, and for a GPU that is named twice.
[[nodiscard]] std::vector<int> cuda_indices(const std::string& asked);

}  // namespace hdrtile
