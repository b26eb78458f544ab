// Distances between all pairs of two sets of points, and their gradient.
#ifndef CASTALIA_CPP_RUNTIME_CPU_DISTANCES_H_
#define CASTALIA_CPP_RUNTIME_CPU_DISTANCES_H_

#include <cstddef>

namespace castalia::cpu {

// One set of n points against one of m, each of `features` numbers.
struct PointSets {
  size_t n = 0;
  size_t m = 0;
  size_t features = 0;
  bool squared = false;  // of the Euclidean distance
};

// Differences are taken first, so that near points lose nothing. A distance has the same bits
// wherever its points stand. T is float or double. No buffer needs alignment or padding, but the
// scratch memory starts on a 64-byte boundary. Any thread; nothing is allocated.
size_t distances_scratch_bytes(const PointSets& sets);

// The distances of points [first, last) of x (n, features) from all of y (m, features), to
// out (last - first, m).
template <typename T>
void distances(const PointSets& sets, const T* x, const T* y, size_t first, size_t last, T* out,
               void* scratch);

size_t distances_gradient_scratch_bytes(const PointSets& sets);

// From the gradients g (n, m) with respect to the distances those with respect to x and y. Equal
// points give none.
template <typename T>
void distances_gradient(const PointSets& sets, const T* x, const T* y, const T* g, T* by_x, T* by_y,
                        void* scratch);

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_DISTANCES_H_
