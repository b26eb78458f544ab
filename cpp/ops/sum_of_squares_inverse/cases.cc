#include "cpp/ops/monotone_cases.h"
#include "cpp/ops/sum_of_squares/op.h"

namespace castalia {

std::vector<Case> sum_of_squares_inverse_cases() {
  const SumOfSquaresOptions usual;
  const SumOfSquaresOptions small{.polynomials = 1, .degree = 1, .lower = -1, .upper = 3};
  return all_cases(
      monotone_cases(usual.attributes(), sum_of_squares_parameters(usual)),
      monotone_cases(small.attributes(), sum_of_squares_parameters(small), 4.0, {-1, 3}));
}

}  // namespace castalia
