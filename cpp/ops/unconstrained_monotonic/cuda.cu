#include <cmath>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/monotone_cuda.h"
#include "cpp/ops/unconstrained_monotonic/op.h"

namespace castalia {
namespace {

struct UnconstrainedNumbers {
  int units;
  cuda::ContinuedDomain domain;
  cuda::RuleOnDevice rule;
};

UnconstrainedNumbers unconstrained_numbers(const Attributes& attributes) {
  const UnconstrainedMonotonicOptions options = unconstrained_monotonic_options(attributes);
  return {static_cast<int>(options.units),
          {options.lower, options.upper},
          cuda::RuleOnDevice(clenshaw_curtis(static_cast<int>(options.nodes)))};
}

// The integral of a positive network (arXiv:1908.05164): the logarithm of the slope at s in [-1, 1]
// is scale + sum_j weight_j tanh(slope_j s + offset_j).
class UnconstrainedCurve {
 public:
  using Settings = UnconstrainedNumbers;

  CASTALIA_ANYWHERE void read(const Settings& s, double* row) {
    s_ = &s;
    weights_ = row;
    slopes_ = row + s.units;
    offsets_ = row + 2 * s.units;
    const double largest = kLargestLogScale / 2;
    for (int j = 0; j < s.units; ++j) {
      const double centre = start_of_member(j, s.units, 1);
      weights_[j] = cuda::softly_within_limit(weights_[j], largest / s.units);
      slopes_[j] = cuda::softly_within_limit(slopes_[j], kUnitSlopeRange) + kUnitSlope;
      offsets_[j] = cuda::softly_within_limit(offsets_[j], kUnitOffsetRange) - kUnitSlope * centre;
    }
    shift_ = cuda::within_limit(row[3 * s.units], kLargestArgument);
    scale_ = cuda::softly_within_limit(row[3 * s.units + 1], largest);
  }
  CASTALIA_ANYWHERE cuda::MonotonePoint at(double x) const {
    const double place = s_->domain.place(x);
    double mean = 0, last = 0;
    for (int i = 0; i < s_->rule.points; ++i) {
      // The last node is the place itself.
      last = slope(s_->rule.nodes[i] * place);
      mean = std::fma(s_->rule.weights[i], last, mean);
    }
    return s_->domain.point(x, shift_, place * mean, last);
  }
  CASTALIA_ANYWHERE double solve(double y) const { return s_->domain.solve(*this, y); }

 private:
  CASTALIA_ANYWHERE double slope(double place) const {
    double sum = scale_;
    for (int j = 0; j < s_->units; ++j) {
      sum = std::fma(weights_[j], std::tanh(std::fma(slopes_[j], place, offsets_[j])), sum);
    }
    return std::exp(sum);
  }

  const Settings* s_;
  double *weights_, *slopes_, *offsets_;
  double shift_, scale_;
};

}  // namespace

void unconstrained_monotonic_cuda_kernels(KernelTable& table) {
  cuda::add_monotone_kernels<UnconstrainedCurve>(table, "unconstrained_monotonic",
                                                 unconstrained_numbers);
}

}  // namespace castalia
