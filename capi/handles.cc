#include "capi/handles.h"

#include <array>
#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

namespace castalia::capi {
namespace {

static_assert(sizeof(uintptr_t) == 8, "a handle takes 64 bits");

class SpinLock {
 public:
  void lock() {
    while (flag_.test_and_set(std::memory_order_acquire)) {
    }
  }
  void unlock() { flag_.clear(std::memory_order_release); }

 private:
  std::atomic_flag flag_ = ATOMIC_FLAG_INIT;
};

struct Slot {
  SpinLock lock;
  uint32_t generation = 1;
  Kind kind{};
  int64_t owners = 0;
  std::shared_ptr<void> object;
};

// Slots never move: they stand in blocks that are made as they are needed and never freed.
constexpr uint32_t kBlock = 1024;
constexpr uint32_t kBlocks = 4096;

struct Table {
  std::array<std::atomic<Slot*>, kBlocks> blocks{};
  std::mutex mutex;  // of what follows
  uint32_t used = 0;
  std::vector<uint32_t> free;

  Slot* slot(uint32_t index) {
    if (index >= kBlock * kBlocks) return nullptr;
    Slot* block = blocks[index / kBlock].load(std::memory_order_acquire);
    return block == nullptr ? nullptr : block + index % kBlock;
  }

  uint32_t take() {
    const std::lock_guard guard(mutex);
    if (!free.empty()) {
      const uint32_t index = free.back();
      free.pop_back();
      return index;
    }
    if (used == kBlock * kBlocks) fail(Code::out_of_memory, "too many objects");
    if (used % kBlock == 0)
      blocks[used / kBlock].store(new Slot[kBlock], std::memory_order_release);
    free.reserve(used + 1);  // so that giving back never fails
    return used++;
  }

  void give_back(uint32_t index) {
    const std::lock_guard guard(mutex);
    free.push_back(index);
  }
};

// Never destroyed: finalizers of the host's language may run after our static objects are gone.
Table& table() {
  static Table* const instance = new Table;
  return *instance;
}

uint32_t index_of(uint64_t handle) { return static_cast<uint32_t>(handle >> 32) - 1; }

// The live slot of a handle, locked.
std::pair<Slot*, std::unique_lock<SpinLock>> find(Kind kind, uint64_t handle) {
  if (handle == 0) fail(Code::invalid_argument, name(kind), " is NULL");
  Slot* slot = table().slot(index_of(handle));
  if (slot != nullptr) {
    std::unique_lock<SpinLock> lock(slot->lock);
    if (slot->owners > 0 && slot->generation == static_cast<uint32_t>(handle)) {
      if (slot->kind == kind) return {slot, std::move(lock)};
      const Kind other = slot->kind;
      lock.unlock();
      fail(Code::invalid_handle, "the handle is of a ", name(other), ", not of a ", name(kind));
    }
  }
  fail(Code::invalid_handle, "the ", name(kind), " was destroyed or never created");
}

}  // namespace

const char* name(Kind kind) {
  switch (kind) {
    case Kind::context: return "context";
    case Kind::config: return "config";
    case Kind::dataset: return "dataset";
    case Kind::model: return "model";
    case Kind::sampler: return "sampler";
    case Kind::trainer: return "trainer";
    case Kind::event_writer: return "event writer";
    case Kind::target: return "target";
    case Kind::surrogate: return "surrogate";
  }
  return "object";
}

uint64_t handle_create(Kind kind, std::shared_ptr<void> object) {
  const uint32_t index = table().take();
  Slot* slot = table().slot(index);
  const std::lock_guard lock(slot->lock);
  slot->kind = kind;
  slot->owners = 1;
  slot->object = std::move(object);
  return (uint64_t{index} + 1) << 32 | slot->generation;
}

std::shared_ptr<void> handle_get(Kind kind, uint64_t handle) {
  const auto [slot, lock] = find(kind, handle);
  return slot->object;
}

void handle_retain(Kind kind, uint64_t handle) {
  const auto [slot, lock] = find(kind, handle);
  ++slot->owners;
}

void handle_destroy(Kind kind, uint64_t handle) {
  if (handle == 0) return;
  std::shared_ptr<void> last;  // destroyed when nothing is locked
  {
    const auto [slot, lock] = find(kind, handle);
    if (--slot->owners > 0) return;
    last = std::move(slot->object);
    slot->object = nullptr;
    if (++slot->generation == 0) slot->generation = 1;
  }
  table().give_back(index_of(handle));
}

}  // namespace castalia::capi
