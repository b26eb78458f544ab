#include <cmath>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/monotone_cuda.h"
#include "cpp/ops/sum_of_squares/op.h"

namespace castalia {
namespace {

struct SumOfSquaresNumbers {
  int members, coefficients;
  double rest;
  cuda::ContinuedDomain domain;
  // Exact for the squared polynomials.
  cuda::RuleOnDevice rule;
};

SumOfSquaresNumbers sum_of_squares_numbers(const Attributes& attributes) {
  const SumOfSquaresOptions options = sum_of_squares_options(attributes);
  const auto coefficients = static_cast<int>(options.degree) + 1;
  return {static_cast<int>(options.polynomials),
          coefficients,
          options.min_derivative,
          {options.lower, options.upper},
          cuda::RuleOnDevice(gauss_legendre(coefficients))};
}

// The integral of a sum of squared polynomials (arXiv:1905.02325).
class SumOfSquaresCurve {
 public:
  using Settings = SumOfSquaresNumbers;

  CASTALIA_ANYWHERE void read(const Settings& s, double* row) {
    s_ = &s;
    row_ = row;
    for (int k = 0; k < s.members; ++k) {
      double* const p = row + k * s.coefficients;
      for (int j = 0; j < s.coefficients; ++j) {
        p[j] = cuda::within_limit(p[j], kLargestCoefficient);
      }
      p[0] += 1;
      p[1] += start_of_member(k, s.members, kSlopeSpread);
    }
    shift_ = cuda::within_limit(row[s.members * s.coefficients], kLargestArgument);
  }
  CASTALIA_ANYWHERE cuda::MonotonePoint at(double x) const {
    const double place = s_->domain.place(x);
    double mean = 0;
    for (int i = 0; i < s_->rule.points; ++i) {
      mean = std::fma(s_->rule.weights[i], slope(s_->rule.nodes[i] * place), mean);
    }
    return s_->domain.point(x, shift_, place * mean, slope(place));
  }
  CASTALIA_ANYWHERE double solve(double y) const { return s_->domain.solve(*this, y); }

 private:
  CASTALIA_ANYWHERE double slope(double place) const {
    double sum = 0;
    for (int k = 0; k < s_->members; ++k) {
      const double* const p = row_ + k * s_->coefficients;
      double value = p[s_->coefficients - 1];
      for (int j = s_->coefficients - 1; j-- > 0;) value = std::fma(value, place, p[j]);
      sum = std::fma(value, value, sum);
    }
    return std::fma((1 - s_->rest) / s_->members, sum, s_->rest);
  }

  const Settings* s_;
  const double* row_;
  double shift_;
};

}  // namespace

void sum_of_squares_cuda_kernels(KernelTable& table) {
  cuda::add_monotone_kernels<SumOfSquaresCurve>(table, "sum_of_squares", sum_of_squares_numbers);
}

}  // namespace castalia
