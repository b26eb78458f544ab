// The caller's arrays: what is evaluated, and where results go.
#ifndef CASTALIA_MODELS_ROWS_H_
#define CASTALIA_MODELS_ROWS_H_

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "cpp/base/dtype.h"
#include "cpp/runtime/device.h"

namespace castalia {

// Where an array lies: on the host, or on a device, where the work that `stream` has is done first.
struct ArrayPlace {
  const Device* device = nullptr;
  void* stream = nullptr;
};

// Dense rows to be read: float64 on the host, float32 or float64 on a device.
struct RowsIn {
  RowsIn() = default;
  template <typename Values>
  requires std::constructible_from<std::span<const double>, Values &&> RowsIn(Values&& values)
      : host(std::forward<Values>(values)), count(static_cast<int64_t>(host.size())) {}
  RowsIn(const double* values, int64_t count)
      : host(values, static_cast<size_t>(count)), count(count) {}
  RowsIn(const void* data, DType dtype, int64_t count, ArrayPlace place)
      : data(data), dtype(dtype), count(count), place(place) {}

  bool empty() const { return count == 0; }
  bool on_device() const { return place.device != nullptr; }

  std::span<const double> host;  // empty for an array on a device
  const void* data = nullptr;    // on the device
  DType dtype = DType::float64;
  int64_t count = 0;  // of elements
  ArrayPlace place;
};

// Rows of float32 or float64 to be written, with strides in elements. A view; copied freely.
struct RowsOut {
  RowsOut() = default;
  // Dense float64: rows of one column, or whatever reshaped() makes of them.
  template <typename Values>
  requires std::constructible_from<std::span<double>, Values&> RowsOut(Values&& values)
      : RowsOut(std::span<double>(values)) {}
  RowsOut(double* values, int64_t count) : data(values), rows(count) {}
  RowsOut(std::span<double> values)
      : data(values.data()), rows(static_cast<int64_t>(values.size())) {}

  // Dense values of one column as rows of so many; what has so many columns is returned as it is.
  // An Error (shape_mismatch), which names them, for what is neither.
  RowsOut reshaped(int64_t columns, const char* name) const;

  bool empty() const { return rows == 0 || columns == 0; }
  bool on_device() const { return place.device != nullptr; }

  void* data = nullptr;
  DType dtype = DType::float64;
  int64_t rows = 0;
  int64_t columns = 1;
  int64_t row_stride = 1;
  int64_t column_stride = 1;
  ArrayPlace place;  // on a device rows are dense
};

// Writes `count` dense rows of `dtype` to the rows from `first` on. Returns whether all that was
// written is finite, as it was written.
bool store_rows(const void* from, DType dtype, int64_t first, int64_t count, const RowsOut& to);

// The first element, in order, that is not finite.
struct NotFiniteElement {
  int64_t row = 0;
  int64_t column = 0;
  double value = 0;
};
std::optional<NotFiniteElement> first_not_finite(const RowsOut& rows);

}  // namespace castalia

#endif  // CASTALIA_MODELS_ROWS_H_
