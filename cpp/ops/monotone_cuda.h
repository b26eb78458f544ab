// Monotone maps of one number on a device, the splines apart (spline_cuda.h): forward, and inverse
// by a search. The arithmetic is that of the kernels for the CPU (cpp/runtime/cpu/monotone-inl.h),
// one map a thread, in float64 for arguments of both types.
//
// A Curve is one map:
//   Settings           what it is made of beside its parameters: plain numbers
//   read(s, row)       takes the raw numbers, which it may change and go on reading
//   at(x)              value and derivative there, a MonotonePoint
//   solve(y)           the x with that value
#ifndef CASTALIA_CPP_OPS_MONOTONE_CUDA_H_
#define CASTALIA_CPP_OPS_MONOTONE_CUDA_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "cpp/base/monotone_limits.h"
#include "cpp/base/quadrature.h"
#include "cpp/base/text.h"
#include "cpp/ops/parameter_rows_cuda.h"
#include "cpp/runtime/cuda/parallel.h"
#include "cpp/runtime/kernel_table.h"

namespace castalia::cuda {

struct MonotonePoint {
  double value, derivative;
};

// Keeps NaN.
CASTALIA_ANYWHERE inline double within_limit(double x, double limit) {
  return std::abs(x) > limit ? (x > 0 ? limit : -limit) : x;
}
CASTALIA_ANYWHERE inline double clipped_between(double x, double low, double high) {
  return x < low ? low : (x > high ? high : x);
}
// raw / (1 + |raw| / limit)
CASTALIA_ANYWHERE inline double softly_within_limit(double raw, double limit) {
  const double r = within_limit(raw, kLargestRaw);
  return r / std::fma(std::abs(r), 1 / limit, 1.0);
}
CASTALIA_ANYWHERE inline double scale_of_raw(double raw) {
  return std::exp(softly_within_limit(raw, kLargestLogScale));
}

// The x in [low, high] where the rising curve has the value y; where rounding has put it outside,
// that end. A step of Newton's is taken where it stays inside the interval that holds the root and
// is less than half the step before, else the interval is halved: so either shrinks, and kMostSteps
// halve any interval of numbers within +-1e36 to nothing.
template <class Curve>
CASTALIA_ANYWHERE double bracketed_root(const Curve& curve, double y, double low, double high) {
  constexpr int kMostSteps = 400;
  constexpr double kRounding = std::numeric_limits<double>::epsilon() / 2;
  double x = std::fma(high - low, 0.5, low);
  double step = high - low;
  if (std::isnan(x + y)) return x;
  for (int i = 0; i < kMostSteps; ++i) {
    const MonotonePoint p = curve.at(x);
    const double excess = p.value - y;
    if (excess == 0) break;
    (excess < 0 ? low : high) = x;
    const double newton = x - excess / p.derivative;
    const bool fits = newton >= low && newton <= high && std::abs(newton - x) <= 0.5 * step;
    const double next = fits ? newton : std::fma(high - low, 0.5, low);
    step = std::abs(next - x);
    x = next;
    if (!(step > std::fma(std::abs(x), kRounding, 1e-40))) break;
  }
  return x;
}

// A rule of integration where a device can read it.
struct RuleOnDevice {
  static constexpr int kMostPoints = 401;
  int points = 0;
  double nodes[kMostPoints];
  double weights[kMostPoints];

  explicit RuleOnDevice(const Quadrature& rule) : points(static_cast<int>(rule.nodes.size())) {
    check(points <= kMostPoints, "a rule of ", points, " points");
    std::copy_n(rule.nodes.data(), points, nodes);
    std::copy_n(rule.weights.data(), points, weights);
  }
};

// A curve on [lower, upper] that goes on along its tangents.
struct ContinuedDomain {
  double lower, upper;

  // The argument as a number in [-1, 1].
  CASTALIA_ANYWHERE double place(double x) const {
    return (clipped_between(x, lower, upper) - middle()) / half();
  }
  // From the integral over [0, place], in units of half the domain, and the slope at the place.
  CASTALIA_ANYWHERE MonotonePoint point(double x, double shift, double integral,
                                        double slope) const {
    const double t = clipped_between(x, lower, upper);
    const double value = std::fma(half(), integral, middle() + shift);
    return {std::fma(slope, x - t, value), slope};
  }
  template <class Curve>
  CASTALIA_ANYWHERE double solve(const Curve& curve, double y) const {
    const MonotonePoint first = curve.at(lower), last = curve.at(upper);
    if (y < first.value) return lower + (y - first.value) / first.derivative;
    if (y > last.value) return upper + (y - last.value) / last.derivative;
    return bracketed_root(curve, y, lower, upper);
  }

 private:
  CASTALIA_ANYWHERE double middle() const { return (lower + upper) / 2; }
  CASTALIA_ANYWHERE double half() const { return (upper - lower) / 2; }
};

template <class Curve, bool kInverse, typename T>
struct MonotoneValues {
  typename Curve::Settings settings;
  ParameterRows rows;

  CASTALIA_ANYWHERE void operator()(const Operands& operands, Block block) const {
    double* const shared = reinterpret_cast<double*>(block.shared);
    rows.load(block, operands.in<T>(1), shared);
    block.sync();
    const int64_t first = rows.first(block);
    block.each(rows.size(block), [&](int64_t i) {
      Curve curve;
      curve.read(settings, shared + static_cast<int>(i) * rows.pitch);
      const double argument =
          within_limit(static_cast<double>(operands.in<T>(0)[first + i]), kLargestArgument);
      double x = argument;
      // A search may lose NaN. Its result, too, stays where the forward map has a slope.
      if (kInverse && !std::isnan(argument)) {
        x = within_limit(curve.solve(argument), kLargestArgument);
      }
      const MonotonePoint p = curve.at(x);
      const double log_derivative = std::log(p.derivative);
      operands.out<T>(0)[first + i] = static_cast<T>(kInverse ? x : p.value);
      operands.out<T>(1)[first + i] = static_cast<T>(kInverse ? -log_derivative : log_derivative);
    });
  }
};

// settings(attributes) gives a Curve's, or an Error for what it does not take.
template <class Curve, bool kInverse>
void add_monotone_kernel(KernelTable& table, const std::string& name,
                         typename Curve::Settings (*settings)(const Attributes&)) {
  const auto create = [name, settings](const KernelRequest& request, std::string* refusal) {
    return with_floating(request.inputs[0].dtype, [&]<typename T>() -> std::unique_ptr<Kernel> {
      const int64_t count = request.inputs[0].shape.count();
      const int64_t row = count == 0 ? 1 : request.inputs[1].shape.count() / count;
      const ParameterRows rows(count, row, sizeof(double));
      if (rows.elements == 0) {
        *refusal = text(row, " parameters do not fit into shared memory");
        return nullptr;
      }
      auto kernel = kernel_for(name, request);
      kernel->template blocks<ParameterRows::kThreads>(
          rows.blocks(), rows.shared_bytes(sizeof(double)),
          MonotoneValues<Curve, kInverse, T>{settings(request.attributes), rows});
      return kernel;
    });
  };
  table.add(name, {"cuda", create});
}

// The kernels of a map and of its inverse, NAME and NAME_inverse.
template <class Curve>
void add_monotone_kernels(KernelTable& table, const std::string& name,
                          typename Curve::Settings (*settings)(const Attributes&)) {
  add_monotone_kernel<Curve, false>(table, name, settings);
  add_monotone_kernel<Curve, true>(table, name + "_inverse", settings);
}

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_MONOTONE_CUDA_H_
