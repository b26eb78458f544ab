// Kernels on a device that sum or multiply up the elements of rows.
#ifndef CASTALIA_CPP_OPS_CUMULATIVE_CUDA_H_
#define CASTALIA_CPP_OPS_CUMULATIVE_CUDA_H_

#include <cstddef>
#include <cstdint>

#include "cpp/runtime/cuda/parallel.h"

namespace castalia::cuda {

struct AddUp {
  static constexpr double kStart = 0;
  CASTALIA_ANYWHERE double operator()(double a, double b) const { return a + b; }
};
struct MultiplyUp {
  static constexpr double kStart = 1;
  CASTALIA_ANYWHERE double operator()(double a, double b) const { return a * b; }
};

// Short rows: a thread each.
template <typename T, typename Combine>
struct CumulateShortRow {
  int64_t columns;
  bool reverse;

  CASTALIA_ANYWHERE void operator()(const Operands& operands, int64_t row) const {
    const T* in = operands.in<T>(0) + row * columns;
    T* out = operands.out<T>(0) + row * columns;
    double running = Combine::kStart;
    for (int64_t i = 0; i < columns; ++i) {
      const int64_t column = reverse ? columns - 1 - i : i;
      running = Combine()(running, static_cast<double>(in[column]));
      out[column] = static_cast<T>(running);
    }
  }
};

// Longer ones: a block each, which goes through its row in pieces. A thread combines a few
// neighbours; the results of the threads before its own are combined in a tree.
template <typename T, typename Combine, int Threads>
struct CumulateRow {
  static constexpr int kEach = 4;
  static constexpr size_t kShared = sizeof(double) * Threads * (kEach + 1);

  int64_t columns;
  bool reverse;

  CASTALIA_ANYWHERE void operator()(const Operands& operands, Block block) const {
    constexpr Combine combine;
    const T* in = operands.in<T>(0) + block.index * columns;
    T* out = operands.out<T>(0) + block.index * columns;
    auto* values = reinterpret_cast<double*>(block.shared);
    double* sums = values + Threads * kEach;
    const int piece = block.threads() * kEach;
    const int thread = block.thread();
    double* own = values + thread * kEach;
    double carried = Combine::kStart;
    for (int64_t start = 0; start < columns; start += piece) {
      for (int i = thread; i < piece; i += block.threads()) {
        const int64_t at = start + i;
        const int64_t column = reverse ? columns - 1 - at : at;
        values[i] = at < columns ? static_cast<double>(in[column]) : Combine::kStart;
      }
      block.sync();
      double total = own[0];
      for (int i = 1; i < kEach; ++i) total = combine(total, own[i]);
      sums[thread] = total;
      block.sync();
      for (int distance = 1; distance < block.threads(); distance *= 2) {
        if (thread >= distance) total = combine(sums[thread - distance], total);
        block.sync();
        sums[thread] = total;
        block.sync();
      }
      double running = thread == 0 ? carried : combine(carried, sums[thread - 1]);
      carried = combine(carried, sums[block.threads() - 1]);
      for (int i = 0; i < kEach; ++i) {
        running = combine(running, own[i]);
        own[i] = running;
      }
      block.sync();
      for (int i = thread; i < piece && start + i < columns; i += block.threads()) {
        const int64_t column = reverse ? columns - 1 - start - i : start + i;
        out[column] = static_cast<T>(values[i]);
      }
      block.sync();
    }
  }
};

// Along the last axis of operand 0, in double precision.
template <typename Combine>
std::unique_ptr<Kernel> make_cumulative_kernel(const std::string& name,
                                               const KernelRequest& request, bool reverse) {
  constexpr int64_t kShort = 16;
  auto kernel = kernel_for(name, request);
  const Shape& shape = request.inputs[0].shape;
  const int64_t columns = shape.back();
  const int64_t rows = shape.count(0, shape.rank() - 1);
  if (columns == 0) return kernel;
  with_floating(request.inputs[0].dtype, [&]<typename T>() {
    const auto add_rows = [&]<int Threads>() {
      using Row = CumulateRow<T, Combine, Threads>;
      kernel->template blocks<Threads>(rows, Row::kShared, Row{columns, reverse});
    };
    if (columns <= kShort) {
      kernel->each(rows, CumulateShortRow<T, Combine>{columns, reverse});
    } else if (columns <= 1024) {
      add_rows.template operator()<32>();
    } else if (columns <= 8192) {
      add_rows.template operator()<256>();
    } else {
      add_rows.template operator()<1024>();
    }
  });
  return kernel;
}

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_CUMULATIVE_CUDA_H_
