#include <algorithm>

#include "cpp/ops/column_reduction_cuda.h"
#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/normalization.h"
#include "cpp/ops/normalize_rows_cuda.h"
#include "cpp/ops/row_blocks_cuda.h"

namespace castalia {
namespace {

using NormalizeStatistics = cuda::NormalizedSets::Statistics;

// The gradient of x. The statistics stay in scratch, for the other gradients.
template <typename T>
struct NormalizeGradientSet {
  struct Sums {
    double gradient;
    double product;  // of the gradient and y
  };

  cuda::NormalizedSets sets;
  bool scale;
  size_t kept;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, cuda::Block block) const {
    const T* const x = operands.in<T>(0);
    const auto statistics = sets.statistics(block, x);
    if (block.thread() == 0) operands.memory<NormalizeStatistics>(kept)[block.index] = statistics;
    const auto gradient = [&](int64_t at, int64_t channel) {
      const double g = static_cast<double>(operands.in<T>(1)[at]);
      return scale ? g * static_cast<double>(operands.in<T>(2)[channel]) : g;
    };
    Sums sums{0, 0};
    sets.each(block, [&](int64_t at, int64_t channel) {
      const double g = gradient(at, channel);
      sums.gradient += g;
      sums.product += g * statistics.normalized(static_cast<double>(x[at]));
    });
    sums = block.reduce(sums, [](const Sums& a, const Sums& b) {
      return Sums{a.gradient + b.gradient, a.product + b.product};
    });
    const double inverse_count = 1.0 / static_cast<double>(sets.elements());
    const double mean = sets.centred ? sums.gradient * inverse_count : 0;
    const double slope = sums.product * inverse_count;
    sets.each(block, [&](int64_t at, int64_t channel) {
      const double across = statistics.normalized(static_cast<double>(x[at])) * slope + mean;
      const double result = (gradient(at, channel) - across) * statistics.inverse_deviation;
      operands.out<T>(0)[at] = static_cast<T>(result);
    });
  }
};

// The gradients of scale and bias, summed over the positions of `together` rows.
template <typename T>
struct NormalizeGradientColumns {
  struct State {
    double scale;
    double bias;
  };

  cuda::NormalizedSets sets;
  int64_t together;
  int by_scale;  // which outputs they are, 0 for none
  int by_bias;
  size_t kept;

  CASTALIA_ANYWHERE State begin(const cuda::Operands&, int64_t, int64_t) const { return {0, 0}; }
  CASTALIA_ANYWHERE void take(const cuda::Operands& operands, State& state, int64_t tile, int64_t j,
                              int64_t c) const {
    const int64_t position = tile * together * sets.positions + j;
    if (position >= sets.rows * sets.positions) return;
    const int64_t row = sets.positions == 1 ? position : position / sets.positions;
    const int64_t group = sets.groups == 1 ? 0 : c / sets.width;
    const NormalizeStatistics& statistics =
        operands.memory<NormalizeStatistics>(kept)[row * sets.groups + group];
    const int64_t at = position * sets.channels() + c;
    const double g = static_cast<double>(operands.in<T>(1)[at]);
    state.scale += g * statistics.normalized(static_cast<double>(operands.in<T>(0)[at]));
    state.bias += g;
  }
  CASTALIA_ANYWHERE static State merge(const State& a, const State& b) {
    return {a.scale + b.scale, a.bias + b.bias};
  }
  CASTALIA_ANYWHERE void end(const cuda::Operands& operands, const State& state, int64_t tile,
                             int64_t c) const {
    const int64_t at = tile * sets.channels() + c;
    if (by_scale > 0) operands.out<double>(by_scale)[at] = state.scale;
    if (by_bias > 0) operands.out<double>(by_bias)[at] = state.bias;
  }
};

std::unique_ptr<Kernel> make_normalize_gradient_on_device(const KernelRequest& request,
                                                          std::string*) {
  const Shape& x = request.inputs[0].shape;
  const cuda::NormalizedSets sets(request);
  const bool scale = request.inputs.size() > 2;
  const bool bias = request.attributes.integer("bias") != 0;
  const int64_t together = normalize_tile_rows(x);
  const int64_t tiles = (sets.rows + together - 1) / together;
  auto kernel = cuda::kernel_for("normalize_gradient", request);
  kernel->set_flops(16 * static_cast<double>(x.count()));
  const size_t kept =
      kernel->reserve(static_cast<size_t>(sets.count()) * sizeof(NormalizeStatistics));
  cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    cuda::add_row_blocks(*kernel, sets.count(), sets.elements(),
                         NormalizeGradientSet<T>{sets, scale, kept});
    if (!scale && !bias) return;
    const NormalizeGradientColumns<T> columns{sets, together, scale ? 1 : 0,
                                              bias ? (scale ? 2 : 1) : 0, kept};
    cuda::add_column_reduction(*kernel, tiles, std::min(sets.rows, together) * sets.positions,
                               sets.channels(), columns, 1);
  });
  return kernel;
}

}  // namespace

void normalize_gradient_cuda_kernels(KernelTable& table) {
  table.add("normalize_gradient", {"cuda", make_normalize_gradient_on_device});
}

}  // namespace castalia
