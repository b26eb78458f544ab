// Kernels of pairs of points, summed along a row of pairs: the inner loops of sums over all pairs.
//
// T is float or double. Nothing needs alignment. Up to 64 bytes beyond the last element are read
// from every array, and written back as they were to `right`. Any thread; nothing is allocated.
#ifndef CASTALIA_CPP_RUNTIME_CPU_PAIR_KERNELS_H_
#define CASTALIA_CPP_RUNTIME_CPU_PAIR_KERNELS_H_

#include <cstddef>
#include <cstdint>

namespace castalia::cpu {

// out = norm + norms - 2 products, the squared distances of a point from `count` others. Whether
// any is less than `near` times the sum of norms, where this loses digits. 64 bytes beyond the last
// of `out` are written.
template <typename T>
bool squared_distances(T norm, const T* norms, const T* products, T near, size_t count, T* out);

template <typename T>
struct PairKernel {
  enum class Form {
    gaussian,    // exp(rate d), d being the squared distance and rate <= 0; zero below exp(-30) or,
                 // in double, exp(-300): it adds nothing to a mean, and products of such numbers
                 // are denormal, which takes a processor a hundred times longer
    energy,      // rate sqrt(d)
    polynomial,  // (rate p + 1)^degree, p being the inner product
  };
  Form form = Form::gaussian;
  T rate = 0;
  int degree = 1;  // at least 1
};

// One row: the kernel of a point with `count` others, its weight and theirs. `from` holds inner
// products for a polynomial, and else squared distances, which are not negative.
template <typename T>
struct KernelRow {
  const T* from;
  size_t count;
  T weight;
  const T* weights;
  T* right;  // weight * k is added to it
};

struct KernelSums {
  double value = 0;   // sum of weights * k
  double square = 0;  // sum of weights * k^2
};

// In a fixed number of chains of T, whose order depends on count alone.
template <typename T>
KernelSums add_kernel_row(const PairKernel<T>& kernel, const KernelRow<T>& row);

// A point, and `count` others.
struct BoundedRow {
  float norm;
  const float* norms;
  const float* products;
  float keep;           // the share of the norms that is sure, 1 or a little less
  float bound;          // of the point
  const float* bounds;  // of the others
  size_t count;
};

// Which of the others may be nearer than the point's bound or their own: those with
// keep (norm + norms) - 2 products <= max(bound, bounds), up to rounding. Their numbers, from 0,
// go to `found` in increasing order; gives how many there are.
size_t pairs_below(const BoundedRow& row, uint32_t* found);

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_PAIR_KERNELS_H_
