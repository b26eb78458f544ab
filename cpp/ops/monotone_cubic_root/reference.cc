#include <cmath>

#include "cpp/ops/reference.h"

namespace castalia {

// By bisection.
std::vector<Tensor> monotone_cubic_root_reference(const Attributes&,
                                                  std::span<const Tensor> inputs) {
  Tensor out(inputs[0].shape);
  for (int64_t i = 0; i < out.shape.count(); ++i) {
    double low = 0;
    double high = 1;
    for (int step = 0; step < 60; ++step) {
      const double t = (low + high) / 2;
      const double rest = 1 - t;
      const double value =
          t * rest * rest * inputs[1][i] + t * t * rest * (3 - inputs[2][i]) + t * t * t;
      (value < inputs[0][i] ? low : high) = t;
    }
    const bool unknown =
        std::isnan(inputs[0][i]) || std::isnan(inputs[1][i]) || std::isnan(inputs[2][i]);
    out[i] = unknown ? NAN : (low + high) / 2;
  }
  return {out};
}

}  // namespace castalia
