#include "capi/arrays.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "cpp/base/dtype.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/runtime/cuda/load.h"

namespace castalia::capi {
namespace {

constexpr int kSlots = 4;

std::vector<double>& buffer(int slot) {
  thread_local std::array<std::vector<double>, kSlots> buffers;
  return buffers[static_cast<size_t>(slot)];
}

Shape shape_of(const castalia_array& array) {
  return Shape(std::span<const int64_t>(array.shape, static_cast<size_t>(array.rank)));
}

bool is_dense(const castalia_array& array) {
  int64_t step = 1;
  for (int axis = array.rank - 1; axis >= 0; --axis) {
    if (array.shape[axis] != 1 && array.strides[axis] != step) return false;
    step *= array.shape[axis];
  }
  return true;
}

bool is_dense_double(const castalia_array& array) {
  return array.dtype == CASTALIA_FLOAT64 && is_dense(array);
}

// Calls visit(i, element) for each element in row-major order.
template <typename T, typename Visit>
void for_each(const castalia_array& array, const Visit& visit) {
  const Shape shape = shape_of(array);
  const int64_t count = shape.count();
  std::array<int64_t, CASTALIA_MAX_RANK> index{};
  T* element = static_cast<T*>(array.data);
  for (int64_t i = 0; i < count; ++i) {
    visit(i, *element);
    for (int axis = array.rank - 1; axis >= 0; --axis) {
      const auto a = static_cast<size_t>(axis);
      element += array.strides[a];
      if (++index[a] < array.shape[a]) break;
      element -= array.strides[a] * array.shape[a];
      index[a] = 0;
    }
  }
}

}  // namespace

namespace {

void expect_place(const castalia_array& array, const char* name, Devices devices) {
  const std::string place = text("cuda:", array.device_number);
  if (!devices.taken) {
    fail(Code::device_unavailable, name, " lies on ", place, "; this call takes arrays of the CPU");
  }
  const std::string computes = devices.device == nullptr ? "cpu" : devices.device->name();
  if (computes != place) {
    fail(Code::device_unavailable, name, " lies on ", place,
         ", but the model's context computes on ", computes);
  }
  if (!is_dense(array)) {
    fail(Code::shape_mismatch, name, " lies on ", place,
         " with gaps or in another order; arrays there must be dense and row-major");
  }
  if (shape_of(array).count() > 0) expect_on_device(name, array.device_number, array.data);
}

}  // namespace

Shape checked_shape(const castalia_array* array, const char* name, Devices devices) {
  if (array == nullptr) fail(Code::invalid_argument, name, " is NULL");
  if (array->rank < 0 || array->rank > CASTALIA_MAX_RANK) {
    fail(Code::shape_mismatch, name, ": rank ", array->rank, "; allowed: 0 to ", CASTALIA_MAX_RANK);
  }
  for (int axis = 0; axis < array->rank; ++axis) {
    if (array->shape[axis] < 0) {
      fail(Code::shape_mismatch, name, ": extent ", array->shape[axis], " of axis ", axis,
           " is negative");
    }
  }
  if (array->dtype != CASTALIA_FLOAT32 && array->dtype != CASTALIA_FLOAT64) {
    const bool integer = array->dtype == CASTALIA_INT32 || array->dtype == CASTALIA_INT64;
    fail(Code::dtype_mismatch, name, ": element type ",
         integer ? castalia::name(static_cast<DType>(array->dtype)) : "unknown",
         "; allowed: float32, float64");
  }
  if (array->device_kind != CASTALIA_CPU && array->device_kind != CASTALIA_CUDA) {
    fail(Code::invalid_argument, name, ": device kind ", array->device_kind,
         "; allowed: CASTALIA_CPU, CASTALIA_CUDA");
  }
  const Shape shape = shape_of(*array);
  const int64_t count = shape.count();  // an Error when it overflows
  if (array->data == nullptr && count > 0) fail(Code::invalid_argument, name, ": data is NULL");
  if (array->device_kind == CASTALIA_CUDA) expect_place(*array, name, devices);
  return shape;
}

Shape expect_shape(const castalia_array* array, const char* name,
                   std::initializer_list<int64_t> extents, const char* meaning, Devices devices) {
  const Shape shape = checked_shape(array, name, devices);
  bool fits = shape.rank() == static_cast<int>(extents.size());
  int axis = 0;
  for (const int64_t extent : extents) {
    fits = fits && (extent < 0 || shape[axis] == extent);
    ++axis;
  }
  if (fits) return shape;
  std::string expected;
  for (const int64_t extent : extents) {
    expected += expected.empty() ? "[" : ", ";
    expected += extent < 0 ? "any" : std::to_string(extent);
  }
  fail(Code::shape_mismatch, name, " has rank ", shape.rank(), " and shape ", shape, "; expected ",
       meaning, " of shape ", expected, "]");
}

Input::Input(const castalia_array* array, int slot) {
  const auto count = static_cast<size_t>(shape_of(*array).count());
  if (is_dense_double(*array)) {
    values_ = {static_cast<const double*>(array->data), count};
    return;
  }
  std::vector<double>& copy = buffer(slot);
  copy.resize(count);
  const auto take = [&copy](int64_t i, const auto& element) {
    copy[static_cast<size_t>(i)] = static_cast<double>(element);
  };
  if (array->dtype == CASTALIA_FLOAT32 && is_dense(*array)) {
    const auto* values = static_cast<const float*>(array->data);
    std::copy(values, values + count, copy.begin());
  } else if (array->dtype == CASTALIA_FLOAT32) {
    for_each<const float>(*array, take);
  } else {
    for_each<const double>(*array, take);
  }
  values_ = copy;
}

Output::Output(const castalia_array* array, int slot)
    : array_(*array), direct_(is_dense_double(*array)) {
  const auto count = static_cast<size_t>(shape_of(*array).count());
  if (direct_) {
    values_ = {static_cast<double*>(array->data), count};
    return;
  }
  buffer(slot).resize(count);
  values_ = buffer(slot);
}

void Output::store() const {
  if (direct_) return;
  if (array_.dtype == CASTALIA_FLOAT32) {
    for_each<float>(array_, [this](int64_t i, float& element) {
      element = static_cast<float>(values_[static_cast<size_t>(i)]);
    });
  } else {
    for_each<double>(
        array_, [this](int64_t i, double& element) { element = values_[static_cast<size_t>(i)]; });
  }
}

RowsIn rows_in(const castalia_array* array, int slot, Devices devices) {
  if (array->device_kind == CASTALIA_CPU) return Input(array, slot).values();
  return RowsIn(array->data, static_cast<DType>(array->dtype), shape_of(*array).count(),
                {devices.device, array->stream});
}

RowsOut rows_out(const castalia_array* array, Devices devices) {
  RowsOut rows;
  if (array->device_kind == CASTALIA_CUDA) rows.place = {devices.device, array->stream};
  rows.data = array->data;
  rows.dtype = static_cast<DType>(array->dtype);
  rows.rows = array->shape[0];
  rows.row_stride = array->strides[0];
  if (array->rank > 1) {
    rows.columns = array->shape[1];
    rows.column_stride = array->strides[1];
  }
  return rows;
}

void store(std::span<const double> values, const castalia_array* array) {
  const Output out(array, 2);
  std::copy(values.begin(), values.end(), out.values().begin());
  out.store();
}

void require_finite(std::span<const double> values, int64_t columns, const char* name) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    const auto at = static_cast<int64_t>(i);
    fail(Code::not_finite, name, ": row ", at / columns, ", column ", at % columns, " is ",
         values[i]);
  }
}

}  // namespace castalia::capi
