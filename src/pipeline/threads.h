#pragma once

#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace hdrtile {

/// Starts one thread more; false where the system refuses it, as by a limit: those that are there do all of the work.
template <typename Work>
[[nodiscard]] bool start(std::vector<std::jthread>& threads, Work&& work) {
  try {
    threads.emplace_back(std::forward<Work>(work));
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace hdrtile
