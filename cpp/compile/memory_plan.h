// The third pass of the compiler: a place in one arena for every tensor, shared by those that are
// not alive at the same time.
#ifndef CASTALIA_CPP_COMPILE_MEMORY_PLAN_H_
#define CASTALIA_CPP_COMPILE_MEMORY_PLAN_H_

#include <cstddef>
#include <span>
#include <vector>

namespace castalia {

struct Lifetime {
  size_t bytes = 0;
  int first = 0;  // the step that writes it
  int last = 0;   // the last step that reads it
};

struct MemoryPlan {
  std::vector<size_t> offsets;  // of each lifetime, multiples of kBufferAlignment
  size_t bytes = 0;             // of the arena
};

MemoryPlan plan_memory(std::span<const Lifetime> lifetimes);

}  // namespace castalia

#endif  // CASTALIA_CPP_COMPILE_MEMORY_PLAN_H_
