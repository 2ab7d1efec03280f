#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <memory>

namespace hdrtile {

/// To be called before memory of some megabytes is touched for the first time: by pages of 4 KiB it takes long to map,
/// and to walk through.
inline void prefer_huge_pages([[maybe_unused]] void* data, [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef MADV_HUGEPAGE
  constexpr std::size_t page = 4096;
  constexpr std::size_t worth_it = 4U << 20U;
  if (bytes < worth_it) return;
  void* first = data;
  if (std::align(page, bytes - page, first, bytes) != nullptr)
    (void)::madvise(first, bytes / page * page, MADV_HUGEPAGE);
#endif
}

/// A std::vector's resize() for that.
template <typename Vector>
void resize_in_huge_pages(Vector& values, std::size_t count) {
  if (values.capacity() < count) {
    values.reserve(count);
    prefer_huge_pages(values.data(), count * sizeof(*values.data()));
  }
  values.resize(count);
}

}  // namespace hdrtile
