// Small steps, one after another, by one cluster of blocks: what their kernels (fused_source.h)
// call. The text of this file stands before them, and is compiled for the host to be tested there.
// So it includes nothing of ours.
//
// Why: a launch in a recorded Program takes some 2 microseconds whatever it does, and a step for
// one event does little: a layer of 256 x 256 reads 256 KB, which 8 multiprocessors should do in a
// third of a microsecond. A continuous flow of 25 Runge-Kutta steps and 4 hidden layers has 1000
// such launches. Here a step costs a meeting of the cluster, some 0.3 microseconds, and what it
// does.
#ifndef CASTALIA_CPP_RUNTIME_CUDA_JOINED_FUNCTIONS_H_
#define CASTALIA_CPP_RUNTIME_CUDA_JOINED_FUNCTIONS_H_

#ifndef CASTALIA_ANYWHERE
#define CASTALIA_ANYWHERE __device__
#endif

namespace castalia_joined {

// What a launch does. Passed to it by value: at most 4 KiB.
struct Table {
  static constexpr int kMostSteps = 120;
  static constexpr int kMostWords = 440;
  unsigned steps;
  unsigned short part[kMostSteps];
  unsigned short first[kMostSteps];  // the step's words
  unsigned long long words[kMostWords];
};

// Rows of a product at most, and so many bytes of shared memory.
static constexpr int kMostRows = 8;
static constexpr int kSharedBytes = 48 * 1024;

#ifdef __CUDACC__
// All blocks of the cluster: what they wrote before, all may read after.
__device__ inline void meet() {
  // Threads of a warp may come one after another: only the form that is not "aligned" allows it.
  asm volatile("barrier.cluster.arrive.release;" ::: "memory");
  asm volatile("barrier.cluster.wait.acquire;" ::: "memory");
}
#endif

// store(row * Columns + column, sum) for all elements of the product of row-major (Rows, Depth) and
// (Depth, Columns), each by one thread of the group. A block takes 32 columns at a time; its warps
// share the terms of their sums, and the parts are added in the order of the warps: the bits of a
// row depend on neither the rows beside it nor their number. What was written before the last
// meeting of the blocks lies in L2, which alone keeps what blocks exchange: load() reads there.
template <typename T, int Rows, int Columns, int Depth, typename Group, typename Store>
CASTALIA_ANYWHERE void product(const Group& group, const T* left, const T* right, T* shared,
                               Store store) {
  constexpr int kWarps = 8, kLanes = 32;
  constexpr int kShare = (Depth + kWarps - 1) / kWarps;  // of the terms, for a warp
  T* const rows = shared;                                // (Rows, Depth): a copy of the left factor
  T* const sums = shared + Rows * Depth;                 // (kWarps, Rows, kLanes)
  const int thread = group.thread_of_block();
  const int warp = thread / kLanes, lane = thread % kLanes;
  if (group.block() * kLanes >= Columns) return;
  for (int i = thread; i < Rows * Depth; i += kWarps * kLanes) rows[i] = group.load(left + i);
  group.sync();
  for (int start = group.block() * kLanes; start < Columns; start += group.blocks() * kLanes) {
    const int column = start + lane;
    T sum[Rows];
    for (int row = 0; row < Rows; ++row) sum[row] = T(0);
    if (column < Columns) {
      const int begin = warp * kShare;
      const int end = begin + kShare < Depth ? begin + kShare : Depth;
#ifdef __CUDACC__
#pragma unroll 16
#endif
      for (int k = begin; k < end; ++k) {
        const T weight = group.load(right + k * Columns + column);
#ifdef __CUDACC__
#pragma unroll
#endif
        for (int row = 0; row < Rows; ++row) {
          sum[row] = fma(rows[row * Depth + k], weight, sum[row]);
        }
      }
    }
    for (int row = 0; row < Rows; ++row) sums[(warp * Rows + row) * kLanes + lane] = sum[row];
    group.sync();
    for (int i = thread; i < Rows * kLanes; i += kWarps * kLanes) {
      T total = sums[i];
      for (int other = 1; other < kWarps; ++other) total += sums[other * Rows * kLanes + i];
      const int own = start + i % kLanes;
      if (own < Columns) store(static_cast<unsigned>(i / kLanes * Columns + own), total);
    }
    group.sync();
  }
}

}  // namespace castalia_joined

#ifdef __CUDACC__
// The threads of the cluster, which is the whole launch.
struct Group {
  static constexpr int kThreads = 256;
  static __device__ unsigned thread() { return blockIdx.x * kThreads + threadIdx.x; }
  static __device__ unsigned threads() { return gridDim.x * kThreads; }
  __device__ int thread_of_block() const { return static_cast<int>(threadIdx.x); }
  __device__ int block() const { return static_cast<int>(blockIdx.x); }
  __device__ int blocks() const { return static_cast<int>(gridDim.x); }
  __device__ void sync() const { __syncthreads(); }
  template <typename T>
  __device__ T load(const T* from) const {
    return __ldcg(from);
  }
};
#endif

#endif  // CASTALIA_CPP_RUNTIME_CUDA_JOINED_FUNCTIONS_H_
