#include "block_pool.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <list>
#include <mutex>
#include <unordered_map>

namespace hdrtile {
namespace {

constexpr std::size_t smallest = 16U << 20U;      // glibc keeps what is smaller
constexpr std::size_t most_unused = 512U << 20U;  // in all

class BlockPool final : public c10::Allocator {
 public:
  explicit BlockPool(c10::Allocator& system) : system_(system) {}

  c10::DataPtr allocate(std::size_t bytes) override {
    if (bytes < smallest) return system_.allocate(bytes);
    void* const block = large(bytes);
    return {block, block, &give_back, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override { system_.copy_data(to, from, bytes); }

  static BlockPool& instance() {
    static auto* const pool = new BlockPool(*c10::GetCPUAllocator());  // tensors may outlive what is static
    return *pool;
  }

 private:
  struct Block {
    void* place;
    std::size_t bytes;
  };

  static void give_back(void* place) { instance().keep(place); }

  void* large(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    auto best = unused_.end();
    for (auto block = unused_.begin(); block != unused_.end(); ++block) {  // a handful
      const bool fits = block->bytes >= bytes && block->bytes <= 2 * bytes;
      if (fits && (best == unused_.end() || block->bytes < best->bytes)) best = block;
    }
    if (best == unused_.end()) return add(bytes);
    void* const place = best->place;
    unused_bytes_ -= best->bytes;
    unused_.erase(best);
    return place;
  }

  void* add(std::size_t bytes) {
    void* place = nullptr;
    try {
      place = system_.raw_allocate(bytes);
    } catch (const c10::Error&) {
      if (unused_.empty()) throw;
      shrink_to(0);
      place = system_.raw_allocate(bytes);
    }
    sizes_[place] = bytes;
    return place;
  }

  void keep(void* place) {
    const std::lock_guard lock(mutex_);
    const auto known = sizes_.find(place);
    if (known == sizes_.end()) return system_.raw_deallocate(place);
    unused_.push_back({place, known->second});
    unused_bytes_ += known->second;
    shrink_to(most_unused);
  }

  void shrink_to(std::size_t bytes) {
    while (unused_bytes_ > bytes) {
      const Block oldest = unused_.front();
      unused_.pop_front();
      unused_bytes_ -= oldest.bytes;
      sizes_.erase(oldest.place);
      system_.raw_deallocate(oldest.place);
    }
  }

  c10::Allocator& system_;
  std::mutex mutex_;                              // guards the rest
  std::unordered_map<void*, std::size_t> sizes_;  // of large blocks, used and unused
  std::list<Block> unused_;                       // the oldest first
  std::size_t unused_bytes_ = 0;
};

}  // namespace

void pool_large_blocks() {
  static const bool pooled = [] {
    constexpr std::uint8_t before_the_usual_one = 1;
    c10::SetCPUAllocator(&BlockPool::instance(), before_the_usual_one);
    return true;
  }();
  (void)pooled;
}

}  // namespace hdrtile
