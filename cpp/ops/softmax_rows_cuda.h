// Exponentials of a row relative to its largest element, on a device.
#ifndef CASTALIA_CPP_OPS_SOFTMAX_ROWS_CUDA_H_
#define CASTALIA_CPP_OPS_SOFTMAX_ROWS_CUDA_H_

#include <cmath>
#include <cstdint>
#include <limits>

#include "cpp/runtime/cuda/parallel.h"

namespace castalia::cuda {

// The sum of exp(x - shift) over a row and the shift: the largest element, or 0 where that is not
// finite. All threads of a block call it and get the same.
template <typename T>
struct SumOfExponentials {
  T shift;
  double sum;

  CASTALIA_ANYWHERE T weight(T x) const { return std::exp(x - shift); }

  CASTALIA_ANYWHERE static SumOfExponentials of(const Block& block, const T* x, int64_t columns) {
    T largest = -std::numeric_limits<T>::infinity();
    block.each(columns, [&](int64_t j) { largest = larger(largest, x[j]); });
    largest = block.reduce(largest, [](T a, T b) { return larger(a, b); });
    SumOfExponentials result{largest - largest == 0 ? largest : T(0), 0};
    block.each(columns, [&](int64_t j) { result.sum += static_cast<double>(result.weight(x[j])); });
    result.sum = block.reduce(result.sum, [](double a, double b) { return a + b; });
    return result;
  }

 private:
  CASTALIA_ANYWHERE static T larger(T a, T b) { return b > a || b != b ? b : a; }
};

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_SOFTMAX_ROWS_CUDA_H_
