// Moments of the columns of x (rows, columns) on a device, and what the gradient of batch_norm
// sums: of tiles of `together` rows, or of all rows as one tile. As a Body of
// column_reduction_cuda.h outer indices are tiles.
#ifndef CASTALIA_CPP_OPS_COLUMN_MOMENTS_CUDA_H_
#define CASTALIA_CPP_OPS_COLUMN_MOMENTS_CUDA_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>

#include "cpp/ops/column_reduction_cuda.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia::cuda {

// How rows are cut into tiles, the last of which may have fewer.
struct RowTiles {
  int64_t rows;
  int64_t columns;
  int64_t together;

  int64_t count() const { return (rows + together - 1) / together; }
  CASTALIA_ANYWHERE bool has(int64_t tile, int64_t j) const { return tile * together + j < rows; }
  CASTALIA_ANYWHERE int64_t at(int64_t tile, int64_t j, int64_t c) const {
    return (tile * together + j) * columns + c;
  }
};

// A thread takes differences from its first element, in one pass: the squares of n elements lose
// log2(n) bits of a double at most. States are merged as means and squared differences from them.
template <typename T, bool kOfTiles>
struct ColumnMoments {
  struct State {
    double count;
    double from;
    double sum;  // of differences from `from`, and of their squares
    double squares;

    CASTALIA_ANYWHERE double total() const { return sum + count * from; }
    CASTALIA_ANYWHERE double about_mean() const {
      return count == 0 ? 0 : squares - sum * (sum / count);
    }
  };

  RowTiles tiles;

  CASTALIA_ANYWHERE State begin(const Operands&, int64_t, int64_t) const { return {0, 0, 0, 0}; }
  CASTALIA_ANYWHERE void take(const Operands& operands, State& state, int64_t tile, int64_t j,
                              int64_t c) const {
    if (!tiles.has(tile, j)) return;
    const double element = static_cast<double>(operands.in<T>(0)[tiles.at(tile, j, c)]);
    // Nothing can be told from an infinite one.
    if (state.count == 0 && element - element == 0) state.from = element;
    const double difference = element - state.from;
    state.count += 1;
    state.sum += difference;
    state.squares += difference * difference;
  }
  CASTALIA_ANYWHERE static State merge(const State& a, const State& b) {
    if (a.count == 0 || b.count == 0) return a.count == 0 ? b : a;
    const double count = a.count + b.count;
    const double shift = b.total() / b.count - a.total() / a.count;
    return {count, (a.total() + b.total()) / count, 0,
            a.about_mean() + b.about_mean() + shift * shift * (a.count * b.count / count)};
  }
  CASTALIA_ANYWHERE void end(const Operands& operands, const State& state, int64_t tile,
                             int64_t c) const {
    const int64_t at = tile * tiles.columns + c;
    if constexpr (kOfTiles) {
      operands.out<double>(0)[at] = state.total();
      operands.out<double>(1)[at] = state.about_mean();
    } else {
      const double count = state.count == 0 ? 1 : state.count;
      operands.out<T>(0)[at] = static_cast<T>(state.total() / count);
      operands.out<T>(1)[at] = static_cast<T>(state.about_mean() / count);
    }
  }
};

// Of g and x (rows, columns) and mean (columns), which are the operands: the sums of g and of
// g * (x - mean).
template <typename T, bool kOfTiles>
struct CentredColumnSums {
  using Out = std::conditional_t<kOfTiles, double, T>;
  struct State {
    double sum;
    double product;
  };

  RowTiles tiles;

  CASTALIA_ANYWHERE State begin(const Operands&, int64_t, int64_t) const { return {0, 0}; }
  CASTALIA_ANYWHERE void take(const Operands& operands, State& state, int64_t tile, int64_t j,
                              int64_t c) const {
    if (!tiles.has(tile, j)) return;
    const double g = static_cast<double>(operands.in<T>(0)[tiles.at(tile, j, c)]);
    const double x = static_cast<double>(operands.in<T>(1)[tiles.at(tile, j, c)]);
    state.sum += g;
    state.product += g * (x - static_cast<double>(operands.in<T>(2)[c]));
  }
  CASTALIA_ANYWHERE static State merge(const State& a, const State& b) {
    return {a.sum + b.sum, a.product + b.product};
  }
  CASTALIA_ANYWHERE void end(const Operands& operands, const State& state, int64_t tile,
                             int64_t c) const {
    operands.out<Out>(0)[tile * tiles.columns + c] = static_cast<Out>(state.sum);
    operands.out<Out>(1)[tile * tiles.columns + c] = static_cast<Out>(state.product);
  }
};

// A kernel of one of them: `together` rows of x are a tile, or, with kOfTiles false, all are.
template <template <typename, bool> class Sums, bool kOfTiles>
std::unique_ptr<Kernel> make_column_sums(const std::string& name, const KernelRequest& request,
                                         const Shape& x, int64_t together) {
  auto kernel = kernel_for(name, request);
  kernel->set_flops(4 * static_cast<double>(x.count()));
  with_floating(request.inputs[0].dtype, [&]<typename T>() {
    const Sums<T, kOfTiles> sums{{x[0], x[1], together}};
    if (kOfTiles) {
      add_column_reduction(*kernel, sums.tiles.count(), std::min(x[0], together), x[1], sums, 1);
    } else {
      add_column_reduction(*kernel, 1, x[0], x[1], sums);
    }
  });
  return kernel;
}

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_COLUMN_MOMENTS_CUDA_H_
