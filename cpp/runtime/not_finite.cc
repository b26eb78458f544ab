#include "cpp/runtime/not_finite.h"

#include <cmath>

#include "cpp/base/text.h"

namespace castalia {
namespace {

enum class Fault { none, infinity, nan };

template <typename T>
Fault worst(const void* data, int64_t count) {
  const T* values = static_cast<const T*>(data);
  Fault fault = Fault::none;
  for (int64_t i = 0; i < count; ++i) {
    if (std::isnan(values[i])) return Fault::nan;
    if (std::isinf(values[i])) fault = Fault::infinity;
  }
  return fault;
}

Fault worst(const void* data, const TensorType& type) {
  switch (type.dtype) {
    case DType::float32: return worst<float>(data, type.shape.count());
    case DType::float64: return worst<double>(data, type.shape.count());
    default: return Fault::none;
  }
}

}  // namespace

bool NotFiniteSearch::found_nan(const Step& step, size_t output, const void* data) {
  const Fault fault = worst(data, step.output_types[output]);
  if (fault == Fault::none || (fault == Fault::infinity && !place_.empty())) return false;
  place_ = text("operator '", step.label, "'", step.scope.empty() ? "" : " at ", step.scope);
  return fault == Fault::nan;
}

}  // namespace castalia
