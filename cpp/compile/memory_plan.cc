#include "cpp/compile/memory_plan.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>

#include "cpp/compile/program.h"

namespace castalia {
namespace {

// Free stretches of the arena by offset; neighbours are merged. The arena grows at its end.
class FreeList {
 public:
  size_t take(size_t bytes) {
    auto best = free_.end();
    for (auto it = free_.begin(); it != free_.end(); ++it) {
      if (it->second >= bytes && (best == free_.end() || it->second < best->second)) best = it;
    }
    if (best == free_.end()) return grow(bytes);
    const auto [offset, size] = *best;
    free_.erase(best);
    if (size > bytes) free_.emplace(offset + bytes, size - bytes);
    return offset;
  }

  void give_back(size_t offset, size_t bytes) {
    auto next = free_.lower_bound(offset);
    if (next != free_.end() && offset + bytes == next->first) {
      bytes += next->second;
      next = free_.erase(next);
    }
    if (next != free_.begin()) {
      const auto before = std::prev(next);
      if (before->first + before->second == offset) {
        before->second += bytes;
        return;
      }
    }
    free_.emplace(offset, bytes);
  }

  size_t end() const { return end_; }

 private:
  // A free stretch at the very end is used as the beginning of the new one.
  size_t grow(size_t bytes) {
    size_t offset = end_;
    if (!free_.empty()) {
      const auto last = std::prev(free_.end());
      if (last->first + last->second == end_) {
        offset = last->first;
        free_.erase(last);
      }
    }
    end_ = offset + bytes;
    return offset;
  }

  std::map<size_t, size_t> free_;
  size_t end_ = 0;
};

}  // namespace

MemoryPlan plan_memory(std::span<const Lifetime> lifetimes) {
  std::vector<size_t> by_start(lifetimes.size());
  std::iota(by_start.begin(), by_start.end(), size_t{0});
  std::stable_sort(by_start.begin(), by_start.end(), [&](size_t a, size_t b) {
    if (lifetimes[a].first != lifetimes[b].first) return lifetimes[a].first < lifetimes[b].first;
    return lifetimes[a].bytes > lifetimes[b].bytes;
  });
  MemoryPlan plan;
  plan.offsets.resize(lifetimes.size());
  FreeList free;
  std::multimap<int, size_t> ends;  // last step -> lifetime
  for (const size_t i : by_start) {
    while (!ends.empty() && ends.begin()->first < lifetimes[i].first) {
      const size_t dead = ends.begin()->second;
      free.give_back(plan.offsets[dead], padded_bytes(lifetimes[dead].bytes));
      ends.erase(ends.begin());
    }
    plan.offsets[i] = free.take(padded_bytes(lifetimes[i].bytes));
    ends.emplace(lifetimes[i].last, i);
  }
  plan.bytes = free.end();
  return plan;
}

}  // namespace castalia
