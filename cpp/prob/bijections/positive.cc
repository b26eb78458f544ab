#include "cpp/prob/bijections/positive.h"

#include <cmath>
#include <numbers>

#include "cpp/ops/ops.h"

namespace castalia {

// softplus is 1 at log(e - 1).
Value positive(Value x) {
  const double shift = std::log(std::numbers::e - 1);
  return kLeastDerivative + (1 - kLeastDerivative) * softplus(x + shift);
}

Value below_one(Value x) { return (1 - kLeastDerivative) * tanh(x); }

}  // namespace castalia
