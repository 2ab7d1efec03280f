#pragma once

namespace hdrtile {

/// Cores this process may use, by its affinity and the CPU quota of its cgroups. Two threads of one core count as one:
/// they share what computes. At least 1.
[[nodiscard]] int usable_cores();

}  // namespace hdrtile
