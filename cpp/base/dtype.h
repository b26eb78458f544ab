// Element types of tensors.
#ifndef CASTALIA_CPP_BASE_DTYPE_H_
#define CASTALIA_CPP_BASE_DTYPE_H_

#include <cstddef>
#include <cstdint>

namespace castalia {

// The values are those of castalia_dtype.
enum class DType : int32_t { float32 = 1, float64 = 2, int32 = 3, int64 = 4 };

constexpr size_t size_of(DType dtype) {
  return dtype == DType::float32 || dtype == DType::int32 ? 4 : 8;
}
constexpr bool is_floating(DType dtype) {
  return dtype == DType::float32 || dtype == DType::float64;
}
const char* name(DType dtype);  // "float32"

template <typename T>
constexpr DType dtype_of();
template <>
constexpr DType dtype_of<float>() {
  return DType::float32;
}
template <>
constexpr DType dtype_of<double>() {
  return DType::float64;
}
template <>
constexpr DType dtype_of<int32_t>() {
  return DType::int32;
}
template <>
constexpr DType dtype_of<int64_t>() {
  return DType::int64;
}

}  // namespace castalia

#endif  // CASTALIA_CPP_BASE_DTYPE_H_
