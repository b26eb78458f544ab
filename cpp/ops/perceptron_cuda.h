// Perceptrons over a few rows at a time on a device, in double: what the operators share that apply
// one again and again until a row has enough.
#ifndef CASTALIA_CPP_OPS_PERCEPTRON_CUDA_H_
#define CASTALIA_CPP_OPS_PERCEPTRON_CUDA_H_

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "cpp/ops/group_cuda.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia {

// The weights of a perceptron are every second operand, from `first` on.
struct PerceptronOnDevice {
  static constexpr int kMost = cuda::Operands::kMostInputs / 2;

  int layers = 0;
  int64_t inputs[kMost] = {};
  int64_t outputs[kMost] = {};
  int64_t widest = 0;  // of all layers, the input included

  PerceptronOnDevice(const KernelRequest& request, size_t first) {
    for (size_t i = first; i < request.inputs.size(); i += 2, ++layers) {
      const Shape& weight = request.inputs[i].shape;
      inputs[layers] = weight[0];
      outputs[layers] = weight[1];
      widest = std::max({widest, weight[0], weight[1]});
    }
  }
};

// next[r][j] = finish(r, j, start(r, j) + sum over i of a[r][i] weights[i][j]) for the rows r of a
// group, which lie `stride` apart. All threads of the group call it and may then read `next`.
template <int Rows, typename Group, typename T, typename Start, typename Finish>
CASTALIA_ANYWHERE void multiply_rows(const Group& group, const T* weights, int64_t inputs,
                                     int64_t outputs, const double* a, double* next, int64_t stride,
                                     Start start, Finish finish) {
  group.each(outputs, [&](int64_t j) {
    double sums[Rows];
    for (int r = 0; r < Rows; ++r) sums[r] = start(r, j);
    for (int64_t i = 0; i < inputs; ++i) {
      const auto weight = static_cast<double>(weights[i * outputs + j]);
      for (int r = 0; r < Rows; ++r) {
        sums[r] = std::fma(a[r * stride + i], weight, sums[r]);
      }
    }
    for (int r = 0; r < Rows; ++r) next[r * stride + j] = finish(r, j, sums[r]);
  });
  group.sync();
}

// A stage of tasks for groups, each for a few rows: Task<4> where a weight that is read should
// serve several, Task<1> for so few rows that there would be too few groups; make_task(rows of a
// group) makes them. A group needs `pieces` pieces of memory as wide as the perceptron for each
// row. A row's bits are the same in both: a group has as many threads.
template <typename MakeTask>
void add_perceptron_tasks(cuda::ParallelKernel& kernel, const PerceptronOnDevice& perceptron,
                          int64_t rows, int64_t pieces, MakeTask make_task) {
  constexpr int64_t kFew = 4096;
  const int64_t doubles = pieces * perceptron.widest;
  if (rows <= kFew && fits_warp(4 * doubles)) {
    add_group_tasks(kernel, rows, doubles, make_task.template operator()<1>());
  } else {
    add_group_tasks(kernel, (rows + 3) / 4, 4 * doubles, make_task.template operator()<4>());
  }
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_PERCEPTRON_CUDA_H_
