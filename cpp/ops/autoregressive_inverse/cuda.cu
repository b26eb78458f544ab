#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "cpp/base/text.h"
#include "cpp/ops/activation_cuda.h"
#include "cpp/ops/affine_map/op.h"
#include "cpp/ops/autoregressive_attributes.h"
#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/monotone_cuda.h"
#include "cpp/ops/rq_spline_cuda.h"

namespace castalia {
namespace {

// One pass through the network: a block takes some rows and goes through the features in order. A
// hidden unit adds to the sums of those behind it as soon as its value is known, so these need no
// reduction; a feature's parameters are sums over the hidden units, cut into slices among the
// block's threads. While one warp inverts a feature, the others take the sums of the next one's
// parameters as far as they are known, and fetch the weights that are needed then.
constexpr int kAutoregressiveThreads = 512;
constexpr int kAutoregressivePullers = kAutoregressiveThreads - cuda::Block::kWarp;
constexpr size_t kAutoregressiveShared = 200 * 1024;

// ---- inverses of one feature: (y, parameters, which may be changed) to (x, log dx/dy) ----

template <typename T, int kBins>
struct AutoregressiveSpline {
  cuda::SplineNumbers<T> numbers;
  CASTALIA_ANYWHERE cuda::SplinePoint<T> operator()(T y, T* params) const {
    return cuda::evaluate_spline<cuda::RqCurve<T, kBins>, true>(numbers, y, params);
  }
};

// In float64, as the kernels of affine maps are.
template <typename T>
struct AutoregressiveAffine {
  enum class Scale { bounded_exponential, sigmoid, softplus };
  Scale scale;
  double min_scale, largest;  // largest: of the logarithm of a bounded exponential

  explicit AutoregressiveAffine(const AffineMapOptions& options)
      : scale(options.scale == "sigmoid"    ? Scale::sigmoid
              : options.scale == "softplus" ? Scale::softplus
                                            : Scale::bounded_exponential),
        min_scale(options.min_scale),
        largest(-std::log(options.min_scale)) {}

  CASTALIA_ANYWHERE cuda::SplinePoint<T> operator()(T y, const T* params) const {
    const double argument = cuda::within_limit(static_cast<double>(y), kLargestArgument);
    const double shift = cuda::within_limit(static_cast<double>(params[0]), kLargestArgument);
    const double log_scale = log_of_scale(static_cast<double>(params[1]));
    return {static_cast<T>((argument - shift) * std::exp(-log_scale)), static_cast<T>(-log_scale)};
  }

 private:
  CASTALIA_ANYWHERE double log_of_scale(double raw) const {
    if (scale == Scale::bounded_exponential) return cuda::softly_within_limit(raw, largest);
    const double r = cuda::within_limit(raw, kLargestRaw) + (scale == Scale::sigmoid ? 2.0 : 0.0);
    const double e = std::exp(-std::abs(r));
    const double positive =
        scale == Scale::sigmoid ? (r < 0 ? e : 1.0) / (1 + e) : (r < 0 ? 0 : r) + std::log1p(e);
    return std::log(positive + min_scale);
  }
};

// ---- the pass ----

// units[d], d from 0 to the number of features: hidden units that see d features or fewer. Written
// to scratch memory in pieces, because they are too many for a kernel's arguments.
struct AutoregressiveUnits {
  static constexpr int kPiece = 512;
  int32_t units[kPiece];
  size_t place;
  int64_t first;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t i) const {
    operands.memory<int32_t>(place)[first + i] = units[i];
  }
};

struct AutoregressiveSizes {
  int64_t rows = 0;
  int features = 0, parameters = 0, hidden = 0;
  int layers = 0;    // hidden ones
  int slices = 0;    // of a sum over hidden units
  int most_new = 0;  // units that become known with one feature
  bool shared_first = false;
  size_t units = 0;  // their place in scratch memory

  CASTALIA_ANYWHERE int pitch() const { return parameters | 1; }
  CASTALIA_ANYWHERE int last_weight() const { return 1 + 2 * layers; }
  // Numbers in shared memory, for so many rows a block.
  size_t numbers(int block_rows) const {
    const size_t of_row = 2 * static_cast<size_t>(layers) * static_cast<size_t>(hidden) +
                          static_cast<size_t>(slices) * static_cast<size_t>(parameters) +
                          static_cast<size_t>(pitch()) + 1;
    return of_row * static_cast<size_t>(block_rows) + static_cast<size_t>(hidden) +
           static_cast<size_t>(most_new) * static_cast<size_t>(parameters);
  }
};

template <typename T, int kRows, class Inverse>
struct AutoregressivePass {
  AutoregressiveSizes sizes;
  cuda::ActivationOnDevice<T> activation;
  Inverse inverse;

  // A number of each row, read at once.
  struct alignas(std::min<size_t>(16, kRows * sizeof(T))) Rows {
    T of[kRows];
  };

  // A block's share of shared memory.
  struct Memory {
    Rows* values;     // of hidden units, layer after layer
    Rows* slices;     // of the sums of a feature's parameters over the units of lower degree
    T* sums;          // of the hidden units' inputs so far: layers, rows, units
    T* params;        // of the feature at hand
    T* x;             // its values
    T* first_weight;  // the feature's row of it
    T* new_weight;    // of the last layer: units that became known last, parameters
  };

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, cuda::Block block) const {
    const int32_t* const units = operands.memory<int32_t>(sizes.units);
    const Memory m = memory_of(block);
    block.each(static_cast<int64_t>(sizes.layers) * sizes.hidden * kRows,
               [&](int64_t i) { m.sums[i] = 0; });
    block.each(sizes.slices * sizes.parameters, [&](int64_t i) { m.slices[i] = {}; });
    block.sync();
    int known = 0, end = units[0];
    fetch_new(operands, m, known, end, 0, block.thread(), block.threads());
    see_feature(operands, block, m, -1, known, end);
    finish_layers(operands, block, m, known, end);
    for (int d = 0; d < sizes.features; ++d) {
      // Units below `end` are known; the slices hold those below `known`.
      const int next = units[d + 1];
      sum_params(operands, block, m, d, known, end);
      block.sync();
      const bool last = d + 1 == sizes.features;
      if (block.thread() < cuda::Block::kWarp) {
        for (int r = block.thread(); r < kRows; r += cuda::Block::kWarp) {
          invert(operands, block, m, d, r);
        }
      } else if (!last) {
        const int thread = block.thread() - cuda::Block::kWarp;
        sum_slices(operands, m, d + 1, end, thread, kAutoregressivePullers);
        fetch_new(operands, m, end, next, d + 1, thread, kAutoregressivePullers);
        const T* const row = operands.in<T>(1) + static_cast<int64_t>(d) * sizes.hidden;
        for (int u = thread; u < sizes.hidden; u += kAutoregressivePullers) {
          m.first_weight[u] = row[u];
        }
      }
      if (last) break;
      block.sync();
      see_feature(operands, block, m, d, end, next);
      finish_layers(operands, block, m, end, next);
      known = end;
      end = next;
    }
  }

 private:
  CASTALIA_ANYWHERE Memory memory_of(const cuda::Block& block) const {
    const int hidden = sizes.layers * sizes.hidden;
    const int cells = sizes.slices * sizes.parameters;
    Memory m;
    m.values = reinterpret_cast<Rows*>(block.shared);
    m.slices = m.values + hidden;
    m.sums = reinterpret_cast<T*>(m.slices + cells);
    m.params = m.sums + hidden * kRows;
    m.x = m.params + sizes.pitch() * kRows;
    m.first_weight = m.x + kRows;
    m.new_weight = m.first_weight + sizes.hidden;
    return m;
  }
  CASTALIA_ANYWHERE Rows* values_of(const Memory& m, int layer) const {
    return m.values + layer * sizes.hidden;
  }
  CASTALIA_ANYWHERE int64_t row_of(const cuda::Block& block, int r) const {
    return block.index * kRows + r;
  }

  // Adds feature d, unless there is none yet, to the sums of the first layer's units from `begin`
  // on; those below `end` see nothing more.
  CASTALIA_ANYWHERE void see_feature(const cuda::Operands& operands, const cuda::Block& block,
                                     const Memory& m, int d, int begin, int end) const {
    const T* const bias = operands.in<T>(2);
    Rows* const values = values_of(m, 0);
    // A unit is always the same thread's.
    for (int u = block.thread(); u < sizes.hidden; u += block.threads()) {
      if (u < begin) continue;
      CASTALIA_UNROLL
      for (int r = 0; r < kRows; ++r) {
        T sum = m.sums[r * sizes.hidden + u];
        if (d >= 0) {
          sum = std::fma(m.x[r], m.first_weight[u], sum);
          m.sums[r * sizes.hidden + u] = sum;
        }
        if (u < end) {
          const int64_t row = sizes.shared_first ? 0 : at_most_last(row_of(block, r));
          values[u].of[r] = activation(sum + bias[row * sizes.hidden + u]);
        }
      }
    }
    block.sync();
  }

  // The further layers' units [begin, end), of one degree, once the first layer's are known.
  CASTALIA_ANYWHERE void finish_layers(const cuda::Operands& operands, const cuda::Block& block,
                                       const Memory& m, int begin, int end) const {
    if (begin == end) return;
    for (int layer = 1; layer < sizes.layers; ++layer) {
      const T* const weight = operands.in<T>(1 + 2 * layer);
      const T* const bias = operands.in<T>(2 + 2 * layer);
      const Rows* const from = values_of(m, layer - 1);
      Rows* const to = values_of(m, layer);
      T* const sums = m.sums + layer * sizes.hidden * kRows;
      for (int u = block.thread(); u < sizes.hidden; u += block.threads()) {
        if (u < begin) continue;
        T sum[kRows];
        CASTALIA_UNROLL
        for (int r = 0; r < kRows; ++r) sum[r] = sums[r * sizes.hidden + u];
        for (int j = begin; j < end; ++j) {
          const T w = weight[static_cast<int64_t>(j) * sizes.hidden + u];
          const Rows value = from[j];
          CASTALIA_UNROLL
          for (int r = 0; r < kRows; ++r) sum[r] = std::fma(value.of[r], w, sum[r]);
        }
        CASTALIA_UNROLL
        for (int r = 0; r < kRows; ++r) {
          sums[r * sizes.hidden + u] = sum[r];
          if (u < end) to[u].of[r] = activation(sum[r] + bias[u]);
        }
      }
      block.sync();
    }
  }

  // Of feature d's parameters, over the last layer's units below `end`.
  CASTALIA_ANYWHERE void sum_slices(const cuda::Operands& operands, const Memory& m, int d, int end,
                                    int thread, int threads) const {
    const Rows* const values = values_of(m, sizes.layers - 1);
    const int64_t width = static_cast<int64_t>(sizes.features) * sizes.parameters;
    const int64_t step = width * sizes.slices;
    for (int c = thread; c < sizes.slices * sizes.parameters; c += threads) {
      const int slice = c / sizes.parameters;
      const int p = c - slice * sizes.parameters;
      const T* w = operands.in<T>(sizes.last_weight()) + slice * width +
                   static_cast<int64_t>(d) * sizes.parameters + p;
      Rows sum = {};
      CASTALIA_UNROLL_8
      for (int u = slice; u < end; u += sizes.slices, w += step) {
        const T weight = *w;
        const Rows value = values[u];
        CASTALIA_UNROLL
        for (int r = 0; r < kRows; ++r) sum.of[r] = std::fma(weight, value.of[r], sum.of[r]);
      }
      m.slices[c] = sum;
    }
  }

  // The last layer's weights of feature d's parameters on the units [begin, end).
  CASTALIA_ANYWHERE void fetch_new(const cuda::Operands& operands, const Memory& m, int begin,
                                   int end, int d, int thread, int threads) const {
    const int64_t width = static_cast<int64_t>(sizes.features) * sizes.parameters;
    const T* const from = operands.in<T>(sizes.last_weight()) + begin * width +
                          static_cast<int64_t>(d) * sizes.parameters;
    for (int i = thread; i < (end - begin) * sizes.parameters; i += threads) {
      const int j = i / sizes.parameters;
      m.new_weight[i] = from[j * width + (i - j * sizes.parameters)];
    }
  }

  // The parameters of feature d: the slices and the units [begin, end).
  CASTALIA_ANYWHERE void sum_params(const cuda::Operands& operands, const cuda::Block& block,
                                    const Memory& m, int d, int begin, int end) const {
    const T* const bias =
        operands.in<T>(sizes.last_weight() + 1) + static_cast<int64_t>(d) * sizes.parameters;
    const Rows* const values = values_of(m, sizes.layers - 1);
    for (int i = block.thread(); i < sizes.parameters * kRows; i += block.threads()) {
      const int p = i / kRows, r = i % kRows;
      T sum = 0;
      CASTALIA_UNROLL_4
      for (int slice = 0; slice < sizes.slices; ++slice) {
        sum += m.slices[slice * sizes.parameters + p].of[r];
      }
      for (int u = begin; u < end; ++u) {
        sum = std::fma(m.new_weight[(u - begin) * sizes.parameters + p], values[u].of[r], sum);
      }
      m.params[r * sizes.pitch() + p] = sum + bias[p];
    }
  }

  CASTALIA_ANYWHERE void invert(const cuda::Operands& operands, const cuda::Block& block,
                                const Memory& m, int d, int r) const {
    const int64_t row = row_of(block, r);
    const int64_t place = at_most_last(row) * sizes.features + d;
    const cuda::SplinePoint<T> point =
        inverse(operands.in<T>(0)[place], m.params + r * sizes.pitch());
    m.x[r] = point.value;
    if (row >= sizes.rows) return;
    operands.out<T>(0)[place] = point.value;
    operands.out<T>(1)[place] = point.log_derivative;
  }

  // Rows beyond the last one repeat it.
  CASTALIA_ANYWHERE int64_t at_most_last(int64_t row) const {
    return row < sizes.rows ? row : sizes.rows - 1;
  }
};

// ---- the kernel ----

struct AutoregressivePlan {
  AutoregressiveSizes sizes;
  std::vector<int32_t> units;

  explicit AutoregressivePlan(const KernelRequest& request) {
    const std::vector<int64_t>& degrees = request.attributes.integers("degrees");
    sizes.rows = request.inputs[0].shape[0];
    sizes.features = static_cast<int>(request.inputs[0].shape[1]);
    sizes.parameters = static_cast<int>(request.inputs.back().shape.back() / sizes.features);
    sizes.hidden = static_cast<int>(degrees.size());
    sizes.layers = (static_cast<int>(request.inputs.size()) - 3) / 2;
    sizes.slices = std::max(1, kAutoregressivePullers / std::max(1, sizes.parameters));
    sizes.shared_first = request.inputs[2].shape[0] == 1;
    for (int64_t d = 0; d <= sizes.features; ++d) {
      const auto behind = std::upper_bound(degrees.begin(), degrees.end(), d);
      units.push_back(static_cast<int32_t>(behind - degrees.begin()));
    }
    sizes.most_new = units[0];
    for (size_t d = 1; d < units.size(); ++d) {
      sizes.most_new = std::max(sizes.most_new, units[d] - units[d - 1]);
    }
  }
  double flops() const {
    double weights = (sizes.layers - 1) * static_cast<double>(sizes.hidden) * sizes.hidden / 2;
    for (int d = 0; d < sizes.features; ++d) {
      const auto known = static_cast<double>(units[static_cast<size_t>(d)]);
      weights += known * sizes.parameters + (sizes.hidden - known);
    }
    return 2 * static_cast<double>(sizes.rows) * weights;
  }
};

template <typename T, class Inverse>
std::unique_ptr<Kernel> make_autoregressive_pass(const KernelRequest& request, Inverse inverse,
                                                 std::string* refusal) {
  AutoregressivePlan plan(request);
  const int64_t rows = plan.sizes.rows;
  // So many that each of a large device's processors has a block or two.
  int block_rows = rows <= 264 ? 1 : rows <= 1056 ? 4 : 8;
  const auto shared = [&] { return plan.sizes.numbers(block_rows) * sizeof(T); };
  while (block_rows > 1 && shared() > kAutoregressiveShared) block_rows = block_rows == 8 ? 4 : 1;
  if (shared() > kAutoregressiveShared) {
    *refusal = text("its hidden units take ", shared(), " bytes of shared memory, more than ",
                    kAutoregressiveShared);
    return nullptr;
  }
  auto kernel = cuda::kernel_for("autoregressive_inverse", request);
  kernel->set_flops(plan.flops());
  if (rows == 0) return kernel;
  plan.sizes.units = kernel->reserve(plan.units.size() * sizeof(int32_t));
  for (size_t first = 0; first < plan.units.size(); first += AutoregressiveUnits::kPiece) {
    AutoregressiveUnits piece{
        .units = {}, .place = plan.sizes.units, .first = static_cast<int64_t>(first)};
    const size_t count = std::min<size_t>(plan.units.size() - first, AutoregressiveUnits::kPiece);
    std::copy_n(plan.units.data() + first, count, piece.units);
    kernel->each(static_cast<int64_t>(count), piece);
  }
  const cuda::ActivationOnDevice<T> activation(request.attributes.string("activation"));
  const auto add = [&]<int kRows>() {
    kernel->template blocks<kAutoregressiveThreads>(
        (rows + kRows - 1) / kRows, shared(),
        AutoregressivePass<T, kRows, Inverse>{plan.sizes, activation, inverse});
  };
  if (block_rows == 1) {
    add.template operator()<1>();
  } else if (block_rows == 4) {
    add.template operator()<4>();
  } else {
    add.template operator()<8>();
  }
  return kernel;
}

template <typename T>
std::unique_ptr<Kernel> make_autoregressive_inverse_of(const KernelRequest& request,
                                                       std::string* refusal) {
  const AutoregressiveInverse inverse = autoregressive_inverse_of(request.attributes);
  const std::string& name = inverse.op->name;
  if (name == "rq_spline_inverse") {
    const SplineOptions options = spline_options(inverse.attributes);
    const cuda::SplineNumbers<T> numbers(options);
    return options.bins == 8
               ? make_autoregressive_pass<T>(request, AutoregressiveSpline<T, 8>{numbers}, refusal)
               : make_autoregressive_pass<T>(request, AutoregressiveSpline<T, 0>{numbers}, refusal);
  }
  if (name == "affine_map_inverse") {
    const AutoregressiveAffine<T> affine(affine_map_options(inverse.attributes));
    return make_autoregressive_pass<T>(request, affine, refusal);
  }
  *refusal = text("the pass on a device inverts rq_spline and affine_map, not ", name);
  return nullptr;
}

std::unique_ptr<Kernel> make_autoregressive_inverse_on_device(const KernelRequest& request,
                                                              std::string* refusal) {
  return cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    return make_autoregressive_inverse_of<T>(request, refusal);
  });
}

}  // namespace

void autoregressive_inverse_cuda_kernels(KernelTable& table) {
  table.add("autoregressive_inverse", {"cuda", make_autoregressive_inverse_on_device});
}

}  // namespace castalia
