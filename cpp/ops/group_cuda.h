// Tasks for groups of threads that keep what they work on, in double, in fast memory.
#ifndef CASTALIA_CPP_OPS_GROUP_CUDA_H_
#define CASTALIA_CPP_OPS_GROUP_CUDA_H_

#include <cstddef>
#include <cstdint>

#include "cpp/runtime/cuda/parallel.h"

namespace castalia {

// f(row, column) for every pair, shared out among the threads of a group, neighbours along a row.
// Without divisions, which would take longer than what f does. Does not sync().
template <typename Group, typename F>
CASTALIA_ANYWHERE void each_pair(const Group& group, int64_t rows, int64_t columns, F f) {
  // So many threads, a power of two, share a row.
  int shift = 0;
  while ((2 << shift) <= group.threads() && shift < 5 && (int64_t{1} << shift) < columns) ++shift;
  const int lanes = 1 << shift;
  const int down = group.threads() >> shift;
  for (int64_t i = group.thread() >> shift; i < rows; i += down) {
    for (int64_t j = group.thread() & (lanes - 1); j < columns; j += lanes) f(i, j);
  }
}

// Where the memory lies is known when it is compiled, so that shared memory is read as such.
template <typename Task, bool InScratch>
struct GroupTask {
  Task task;
  int64_t doubles;
  size_t scratch;  // where the memory of all groups begins
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands,
                                    const cuda::Block& block) const {
    if constexpr (InScratch) {
      task(operands, block, block.index, operands.memory<double>(scratch) + block.index * doubles);
    } else {
      task(operands, block, block.index, reinterpret_cast<double*>(block.shared));
    }
  }
};

// Whether so many doubles fit into the shared memory of a warp.
constexpr bool fits_warp(int64_t doubles) {
  return doubles * static_cast<int64_t>(sizeof(double)) <= 24 * 1024;
}

// A stage of `count` groups that call task(operands, group, index, work), `work` being so many
// doubles of the group: a warp where they are few, else a block; in shared memory while they fit.
template <typename Task>
void add_group_tasks(cuda::ParallelKernel& kernel, int64_t count, int64_t doubles, Task task) {
  constexpr size_t kMostOfBlock = 200 * 1024;
  const size_t bytes = static_cast<size_t>(doubles) * sizeof(double);
  if (fits_warp(doubles)) {
    kernel.blocks<32>(count, bytes, GroupTask<Task, false>{task, doubles, 0});
  } else if (bytes <= kMostOfBlock) {
    kernel.blocks<256>(count, bytes, GroupTask<Task, false>{task, doubles, 0});
  } else {
    const size_t scratch = kernel.reserve(static_cast<size_t>(count) * bytes);
    kernel.blocks<512>(count, 0, GroupTask<Task, true>{task, doubles, scratch});
  }
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_GROUP_CUDA_H_
