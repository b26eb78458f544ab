#include "cpp/prob/bijections/contraction.h"

#include "cpp/ops/ops.h"

namespace castalia {
namespace {

constexpr int kSquarings = 6;
// Small against any square, and representable in both types: a matrix of zeros has a bound, too.
constexpr double kSmallestSquare = 1e-30;

}  // namespace

// Each power is brought to norm 1, so that none overflows; the logarithms of the norms add up.
Value singular_value_bound(Value matrix) {
  const Value smallest = matrix.graph().scalar(kSmallestSquare, matrix.dtype());
  const bool wide = matrix.rows() < matrix.columns();
  Value power = matrix;
  Value log_bound;
  double share = 1;
  for (int step = 0; step <= kSquarings; ++step) {
    if (step > 0) power = matmul(power, power, !wide, wide);
    const Value norm = sqrt(maximum(sum(square(power), {0, 1}, true), smallest));
    power = power / norm;
    const Value term = share * log(norm);
    log_bound = log_bound ? log_bound + term : term;
    share /= 2;
  }
  return exp(log_bound);
}

Value contracted(Value matrix, double greatest) {
  const Value least = matrix.graph().scalar(greatest, matrix.dtype());
  return matrix * (greatest / maximum(singular_value_bound(matrix), least));
}

}  // namespace castalia
