#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>
#include <limits>

namespace hdrtile::bench {

/// Processor seconds of this thread: what else runs on the machine does not count.
inline double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Times `work` and a peer in turn, once each an iteration. The counter of the peer's name is its speed's share that
/// `work` reaches: least seconds of the peer over least seconds of `work`. Wants UseManualTime().
template <typename Work, typename Peer>
void against(benchmark::State& state, const char* name, const Work& work, const Peer& peer) {
  double work_least = std::numeric_limits<double>::max();
  double peer_least = work_least;
  for (auto _ : state) {
    const double start = processor_seconds();
    work();
    const double between = processor_seconds();
    peer();
    const double end = processor_seconds();
    state.SetIterationTime(between - start);
    work_least = std::min(work_least, between - start);
    peer_least = std::min(peer_least, end - between);
  }
  state.counters[name] = peer_least / work_least;
}

}  // namespace hdrtile::bench
