// What the kernels of all splines share on a device: fractions from logits, the choice of the bin,
// derivatives at knots, tails. The arithmetic is that of the kernels for the CPU
// (cpp/runtime/cpu/spline-inl.h), one spline a thread.
//
// A kind of spline adds a Curve: one spline, of which the raw numbers stand in `row`, which it
// changes and goes on reading. Its functions are called in this order:
//   extra(bins)              numbers that it keeps in the row behind the parameters, at most
//   read<kGradient>(n, row)  turns raw numbers into what the search needs
//   find<kInverse>(n, at)    chooses the bin of x, or of y
//   shape<kGradient>(n)      the piece in this bin
//   move_to_x(x) or move_to_y(y)   a point of it, which these describe:
//   x(), y(), log_derivative()     log(dy/dx)
//   derivative(), log_slope()      dy/dx, and the derivative of log_derivative() by x
//   pull_back(n, gy, gl)     from gradients with respect to y and log_derivative() at a given x
//                            that with respect to x, which is returned, and in the row those with
//                            respect to the parameters
#ifndef CASTALIA_CPP_OPS_SPLINE_CUDA_H_
#define CASTALIA_CPP_OPS_SPLINE_CUDA_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "cpp/base/text.h"
#include "cpp/ops/parameter_rows_cuda.h"
#include "cpp/ops/spline_knots.h"
#include "cpp/runtime/cuda/parallel.h"
#include "cpp/runtime/kernel_table.h"

namespace castalia::cuda {

// The settings as numbers of type T.
template <typename T>
struct SplineNumbers {
  explicit SplineNumbers(const SplineOptions& s)
      : bins(static_cast<int>(s.bins)),
        linear_tails(s.tails == "linear"),
        circular(s.tails == "circular"),
        lower(static_cast<T>(s.lower)),
        upper(static_cast<T>(s.upper)),
        period(static_cast<T>(s.upper - s.lower)),
        period_inverse(static_cast<T>(1 / (s.upper - s.lower))),
        min_derivative(static_cast<T>(s.min_derivative)),
        shift(static_cast<T>(std::log(std::expm1(1.0 - s.min_derivative)))) {
    const double range = s.upper - s.lower;
    const auto count = static_cast<double>(s.bins);
    width_floor = static_cast<T>(range * s.min_width);
    height_floor = static_cast<T>(range * s.min_height);
    width_share = static_cast<T>(range * (1 - count * s.min_width));
    height_share = static_cast<T>(range * (1 - count * s.min_height));
  }
  int bins;
  bool linear_tails, circular;
  T lower, upper, period, period_inverse, min_derivative;
  T shift;                      // softplus(shift) + min_derivative = 1
  T width_floor, height_floor;  // the smallest width and height
  T width_share, height_share;  // what softmax shares out

  // The same where the compiler knows it, 0 for any number.
  template <int kBins>
  CASTALIA_ANYWHERE int bins_of() const {
    return kBins > 0 ? kBins : bins;
  }
};

// Both keep NaN.
template <typename T>
CASTALIA_ANYWHERE T spline_at_most(T x, T bound) {
  return x > bound ? bound : x;
}
template <typename T>
CASTALIA_ANYWHERE T spline_at_least(T x, T bound) {
  return x < bound ? bound : x;
}

// softplus(raw + shift) for a raw number that is clipped first; *gain is its derivative by it.
template <bool kGradient, typename T>
CASTALIA_ANYWHERE T softplus_of_raw(T raw, T shift, T* gain) {
  constexpr T kLimit = static_cast<T>(kLargestDerivativeLogit);
  const bool is_clipped = std::abs(raw) > kLimit;
  const T z = (is_clipped ? (raw > 0 ? kLimit : -kLimit) : raw) + shift;
  const T e = std::exp(-std::abs(z));
  if constexpr (kGradient) *gain = is_clipped ? T(0) : (z < 0 ? e : T(1)) / (1 + e);
  return (z < 0 ? T(0) : z) + std::log1p(e);
}

// sigmoid(raw + shift) alike.
template <typename T>
CASTALIA_ANYWHERE T sigmoid_of_raw(T raw, T shift, T* gain) {
  constexpr T kLimit = static_cast<T>(kLargestDerivativeLogit);
  const bool is_clipped = std::abs(raw) > kLimit;
  const T z = (is_clipped ? (raw > 0 ? kLimit : -kLimit) : raw) + shift;
  const T e = std::exp(-std::abs(z));
  const T s = (z < 0 ? e : T(1)) / (1 + e);
  *gain = is_clipped ? T(0) : std::fma(-s, s, s);
  return s;
}

// One axis: knots from logits. With s = share / (sum of the exponentials), a knot stands at
// lower + index * floor + s * (sum of the exponentials before it).
template <typename T>
struct SplineAxis {
  T* row;         // logits, then exponentials relative to the largest
  T inverse_sum;  // of the exponentials
  T before;       // sum of the exponentials before the bin
  T own;          // the bin's exponential
  T start, end;   // its knots
  T size;         // from the exponential itself, not a difference of knots

  template <int kBins>
  CASTALIA_ANYWHERE void read(const SplineNumbers<T>& n, T* logits) {
    row = logits;
    const int bins = n.template bins_of<kBins>();
    T largest = row[0];
    CASTALIA_UNROLL
    for (int k = 1; k < bins; ++k) largest = row[k] > largest ? row[k] : largest;
    T total = 0;
    CASTALIA_UNROLL
    for (int k = 0; k < bins; ++k) {
      row[k] = std::exp(row[k] - largest);
      total += row[k];
    }
    inverse_sum = 1 / total;
    before = 0;
  }

  CASTALIA_ANYWHERE T knot(int index, T sum_before, T floor, T scaled, T lower) const {
    return std::fma(sum_before, scaled, std::fma(static_cast<T>(index), floor, lower));
  }
  CASTALIA_ANYWHERE void place_knots(const SplineNumbers<T>& n, int index, int bins, T floor,
                                     T share) {
    own = row[index];
    const T scaled = share * inverse_sum;
    start = knot(index, before, floor, scaled, n.lower);
    end = knot(index + 1, before + own, floor, scaled, n.lower);
    if (index + 1 == bins || end > n.upper) end = n.upper;
    size = std::fma(own, scaled, floor);
  }

  // Replaces exponentials by gradients with respect to the logits, from those with respect to the
  // bin's start and size: through the sum of the fractions before the bin, its own fraction, and
  // softmax.
  template <int kBins>
  CASTALIA_ANYWHERE void pull_back(const SplineNumbers<T>& n, int index, T by_start, T by_size,
                                   T share) const {
    const T scaled = share * inverse_sum;
    // What every fraction subtracts: the mean of the gradients over the fractions.
    const T mean = std::fma(by_start, before, by_size * own) * inverse_sum;
    const T factor_before = (by_start - mean) * scaled;
    const T factor_own = (by_size - mean) * scaled;
    const T factor_behind = -(mean * scaled);
    const int bins = n.template bins_of<kBins>();
    CASTALIA_UNROLL
    for (int k = 0; k < bins; ++k) {
      row[k] *= k < index ? factor_before : (k == index ? factor_own : factor_behind);
    }
  }
};

// Goes along two axes at once, to the bin of one of them that the argument falls into.
template <bool kAlongSecond, int kBins, typename T>
CASTALIA_ANYWHERE int find_bin(const SplineNumbers<T>& n, T argument, T floor, T share,
                               SplineAxis<T>* first, SplineAxis<T>* second) {
  const SplineAxis<T>& along = kAlongSecond ? *second : *first;
  const T scaled = share * along.inverse_sum;
  const int bins = n.template bins_of<kBins>();
  int index = 0;
  T first_sum = 0, second_sum = 0;
  CASTALIA_UNROLL
  for (int k = 1; k < bins; ++k) {
    first_sum += first->row[k - 1];
    second_sum += second->row[k - 1];
    const T sum = kAlongSecond ? second_sum : first_sum;
    if (argument >= along.knot(k, sum, floor, scaled, n.lower)) {
      index = k;
      first->before = first_sum;
      second->before = second_sum;
    }
  }
  return index;
}

// The derivatives at both knots of a bin. With linear tails the raw numbers start at the first
// inner knot and the derivative is 1 at both bounds; the last knot of a circular spline is its
// first.
template <typename T>
struct SplineEnds {
  T value0, value1;  // at the left and the right knot
  T gain0, gain1;    // their derivatives with respect to the raw ones

  CASTALIA_ANYWHERE static int count(const SplineNumbers<T>& n, int bins) {
    return n.linear_tails ? bins - 1 : (n.circular ? bins : bins + 1);
  }
  // Where the raw number of the bin's left and right knot stands; without one, some other.
  CASTALIA_ANYWHERE static int left_of(const SplineNumbers<T>& n, int index) {
    if (!n.linear_tails) return index;
    return index == 0 ? 0 : index - 1;
  }
  CASTALIA_ANYWHERE static int right_of(const SplineNumbers<T>& n, int index, int bins) {
    if (n.circular) return index + 1 == bins ? 0 : index + 1;
    if (!n.linear_tails) return index + 1;
    return index + 1 == bins ? index - 1 : index;
  }

  template <bool kGradient>
  CASTALIA_ANYWHERE void shape(const SplineNumbers<T>& n, int index, int bins, const T* row) {
    const T raw0 = row[left_of(n, index)], raw1 = row[right_of(n, index, bins)];
    value0 = softplus_of_raw<kGradient>(raw0, n.shift, &gain0) + n.min_derivative;
    value1 = softplus_of_raw<kGradient>(raw1, n.shift, &gain1) + n.min_derivative;
    if (!n.linear_tails) return;
    if (index == 0) value0 = 1;
    if (index + 1 == bins) value1 = 1;
    if constexpr (kGradient) {
      if (index == 0) gain0 = 0;
      if (index + 1 == bins) gain1 = 0;
    }
  }
  // Writes the gradients with respect to the raw derivatives from those at both ends.
  CASTALIA_ANYWHERE void pull_back(const SplineNumbers<T>& n, int index, int bins, T by_value0,
                                   T by_value1, T* row) const {
    const int derivatives = count(n, bins);
    for (int k = 0; k < derivatives; ++k) row[k] = 0;
    // An end without a raw number has no place here.
    if (!n.linear_tails || index > 0) row[left_of(n, index)] = by_value0 * gain0;
    if (!n.linear_tails || index + 1 < bins) {
      row[right_of(n, index, bins)] = by_value1 * gain1;
    }
  }
};

template <typename T>
CASTALIA_ANYWHERE T spline_clip(const SplineNumbers<T>& n, T x) {
  return spline_at_most(spline_at_least(x, n.lower), n.upper);
}
template <typename T>
CASTALIA_ANYWHERE bool is_outside(const SplineNumbers<T>& n, T x) {
  return x < n.lower || x > n.upper;
}
// A circular spline's argument in its interval: both bounds stay as they are.
template <typename T>
CASTALIA_ANYWHERE T spline_wrapped(const SplineNumbers<T>& n, T x) {
  if (!n.circular || !is_outside(n, x)) return x;
  return std::fma(-std::floor((x - n.lower) * n.period_inverse), n.period, x);
}

template <typename T>
struct SplinePoint {
  T value, log_derivative;
};

// One spline at one argument: value and logarithm of the derivative of the direction asked for.
// Changes the row.
template <class Curve, bool kInverse, typename T>
CASTALIA_ANYWHERE SplinePoint<T> evaluate_spline(const SplineNumbers<T>& n, T given, T* row) {
  const T wrapped = spline_wrapped(n, given);
  const T argument = spline_clip(n, wrapped);
  Curve curve;
  curve.template read<false>(n, row);
  curve.template find<kInverse>(n, argument);
  curve.template shape<false>(n);
  if constexpr (kInverse) {
    curve.move_to_y(argument);
  } else {
    curve.move_to_x(argument);
  }
  T result = kInverse ? curve.x() : curve.y();
  T log_derivative = kInverse ? -curve.log_derivative() : curve.log_derivative();
  if (argument >= n.upper) result = n.upper;
  if (n.linear_tails && is_outside(n, wrapped)) {
    result = wrapped;
    log_derivative = 0;
  }
  // Of a line it does not depend on the argument.
  if (result != result) log_derivative = result;
  return {result, log_derivative};
}

// The gradient with respect to the argument, and in the row that with respect to the parameters,
// from those with respect to both results.
template <class Curve, bool kInverse, typename T>
CASTALIA_ANYWHERE T differentiate_spline(const SplineNumbers<T>& n, T given, T by_value, T by_log,
                                         T* row) {
  const T wrapped = spline_wrapped(n, given);
  const T argument = spline_clip(n, wrapped);
  Curve curve;
  curve.template read<true>(n, row);
  curve.template find<kInverse>(n, argument);
  curve.template shape<true>(n);
  if constexpr (kInverse) {
    curve.move_to_y(argument);
  } else {
    curve.move_to_x(argument);
  }
  // Outside, the result does not depend on the parameters; with linear tails nor does the
  // logarithm.
  const bool outside = is_outside(n, wrapped);
  const T by_result = outside ? T(0) : by_value;
  if (n.linear_tails && outside) by_log = 0;
  T by_argument;
  if constexpr (kInverse) {
    // y(x, params) is held: dx = (dy - dy/dparams dparams) / (dy/dx), and the logarithm is that of
    // forward with the other sign.
    const T by_x = std::fma(-by_log, curve.log_slope(), by_result);
    by_argument = outside ? T(0) : by_x / curve.derivative();
    curve.pull_back(n, -by_argument, -by_log);
  } else {
    by_argument = curve.pull_back(n, by_result, by_log);
    if (outside) by_argument = 0;
  }
  if (n.linear_tails && outside) by_argument = by_value;
  return argument != argument ? argument : by_argument;
}

template <class Curve, bool kInverse>
struct SplineValues {
  using T = typename Curve::Number;
  SplineNumbers<T> numbers;
  ParameterRows rows;

  CASTALIA_ANYWHERE void operator()(const Operands& operands, Block block) const {
    T* const shared = reinterpret_cast<T*>(block.shared);
    rows.load(block, operands.in<T>(1), shared);
    block.sync();
    const int64_t first = rows.first(block);
    block.each(rows.size(block), [&](int64_t i) {
      const SplinePoint<T> point = evaluate_spline<Curve, kInverse>(
          numbers, operands.in<T>(0)[first + i], shared + static_cast<int>(i) * rows.pitch);
      operands.out<T>(0)[first + i] = point.value;
      operands.out<T>(1)[first + i] = point.log_derivative;
    });
  }
};

template <class Curve, bool kInverse>
struct SplineGradients {
  using T = typename Curve::Number;
  SplineNumbers<T> numbers;
  ParameterRows rows;

  CASTALIA_ANYWHERE void operator()(const Operands& operands, Block block) const {
    T* const shared = reinterpret_cast<T*>(block.shared);
    rows.load(block, operands.in<T>(1), shared);
    block.sync();
    const int64_t first = rows.first(block);
    block.each(rows.size(block), [&](int64_t i) {
      operands.out<T>(0)[first + i] = differentiate_spline<Curve, kInverse>(
          numbers, operands.in<T>(0)[first + i], operands.in<T>(2)[first + i],
          operands.in<T>(3)[first + i], shared + static_cast<int>(i) * rows.pitch);
    });
    block.sync();
    rows.store(block, shared, operands.out<T>(1));
  }
};

// The kernel of an operator on splines, Body<Curve, kInverse>. Curve<T, kBins>: kBins is their
// number where it is a common one, else 0.
template <template <class, bool> class Body, template <typename, int> class Curve, bool kInverse>
KernelCandidate spline_candidate(const std::string& name) {
  return {"cuda", [name](const KernelRequest& request, std::string* refusal) {
            return with_floating(
                request.inputs[0].dtype, [&]<typename T>() -> std::unique_ptr<Kernel> {
                  const SplineOptions options = spline_options(request.attributes);
                  const int64_t count = request.inputs[0].shape.count();
                  const int64_t row = count == 0 ? 1 : request.inputs[1].shape.count() / count;
                  const ParameterRows rows(count, row, sizeof(T), Curve<T, 0>::extra(options.bins));
                  if (rows.elements == 0) {
                    *refusal = text(options.bins, " bins do not fit into shared memory");
                    return nullptr;
                  }
                  auto kernel = kernel_for(name, request);
                  const auto add = [&]<int kBins>() {
                    kernel->template blocks<ParameterRows::kThreads>(
                        rows.blocks(), rows.shared_bytes(sizeof(T)),
                        Body<Curve<T, kBins>, kInverse>{SplineNumbers<T>(options), rows});
                  };
                  if (options.bins == 8) {
                    add.template operator()<8>();
                  } else {
                    add.template operator()<0>();
                  }
                  return kernel;
                });
          }};
}

// The kernels of a spline's operator, or of its inverse's, and of that operator's gradient.
template <template <typename, int> class Curve, bool kInverse>
void add_spline_kernels(KernelTable& table, const std::string& name) {
  table.add(name, spline_candidate<SplineValues, Curve, kInverse>(name));
  const std::string gradient = "gradient(" + name + ")";
  table.add(gradient, spline_candidate<SplineGradients, Curve, kInverse>(gradient));
}

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_SPLINE_CUDA_H_
