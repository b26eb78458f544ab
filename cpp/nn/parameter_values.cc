#include "cpp/nn/parameter_values.h"

#include <algorithm>

namespace castalia {

void write_values(void* to, DType dtype, std::span<const double> values) {
  if (dtype == DType::float32) {
    std::transform(values.begin(), values.end(), static_cast<float*>(to),
                   [](double value) { return static_cast<float>(value); });
  } else {
    std::copy(values.begin(), values.end(), static_cast<double*>(to));
  }
}

void read_values(const void* from, DType dtype, std::span<double> values) {
  if (dtype == DType::float32) {
    std::copy_n(static_cast<const float*>(from), values.size(), values.begin());
  } else {
    std::copy_n(static_cast<const double*>(from), values.size(), values.begin());
  }
}

}  // namespace castalia
