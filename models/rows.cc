#include "models/rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "cpp/base/status.h"

namespace castalia {
namespace {

template <typename T>
struct Bits;
template <>
struct Bits<float> {
  using type = uint32_t;
};
template <>
struct Bits<double> {
  using type = uint64_t;
};

// x - x is +0 for what is finite and NaN for the rest: or-ed together, the bits of all differences
// say whether there is one, without a branch an element.
template <typename T>
typename Bits<T>::type fault(T value) {
  const T difference = value - value;
  typename Bits<T>::type bits;
  std::memcpy(&bits, &difference, sizeof bits);
  return bits;
}

template <typename From, typename To>
bool store_dense(const From* __restrict from, int64_t count, To* __restrict to) {
  constexpr int64_t kBlock = 256;  // a number that the compiler knows: such a loop it vectorises
  typename Bits<To>::type faults = 0;
  int64_t i = 0;
  for (; i + kBlock <= count; i += kBlock) {
    for (int64_t k = 0; k < kBlock; ++k) {
      const To value = static_cast<To>(from[i + k]);
      to[i + k] = value;
      faults |= fault(value);
    }
  }
  for (; i < count; ++i) {
    to[i] = static_cast<To>(from[i]);
    faults |= fault(to[i]);
  }
  return faults == 0;
}

template <typename From, typename To>
bool store_as(const From* from, int64_t first, int64_t count, const RowsOut& rows) {
  To* to = static_cast<To*>(rows.data) + first * rows.row_stride;
  const int64_t columns = rows.columns;
  if (rows.column_stride == 1 || columns == 1) {
    if (rows.row_stride == columns) return store_dense(from, count * columns, to);
    bool finite = true;
    for (int64_t row = 0; row < count; ++row) {
      finite &= store_dense(from + row * columns, columns, to + row * rows.row_stride);
    }
    return finite;
  }
  typename Bits<To>::type faults = 0;
  for (int64_t row = 0; row < count; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      const To value = static_cast<To>(from[row * columns + column]);
      to[row * rows.row_stride + column * rows.column_stride] = value;
      faults |= fault(value);
    }
  }
  return faults == 0;
}

template <typename From>
bool store_from(const From* from, int64_t first, int64_t count, const RowsOut& to) {
  return to.dtype == DType::float32 ? store_as<From, float>(from, first, count, to)
                                    : store_as<From, double>(from, first, count, to);
}

}  // namespace

RowsOut RowsOut::reshaped(int64_t wanted, const char* name) const {
  if (columns == wanted) return *this;
  if (columns != 1 || row_stride != 1 || rows % wanted != 0) {
    fail(Code::shape_mismatch, name, " of ", rows * columns, " values is not made of rows of ",
         wanted);
  }
  RowsOut all = *this;
  all.rows = rows / wanted;
  all.columns = wanted;
  all.row_stride = wanted;
  return all;
}

bool store_rows(const void* from, DType dtype, int64_t first, int64_t count, const RowsOut& to) {
  return dtype == DType::float32 ? store_from(static_cast<const float*>(from), first, count, to)
                                 : store_from(static_cast<const double*>(from), first, count, to);
}

std::optional<NotFiniteElement> first_not_finite(const RowsOut& rows) {
  if (rows.on_device()) {
    RowsOut copy = rows;
    std::vector<std::byte> values(static_cast<size_t>(rows.rows * rows.columns) *
                                  size_of(rows.dtype));
    const std::unique_ptr<Queue> queue = rows.place.device->make_queue();
    queue->download(values.data(), rows.data, values.size());
    queue->wait();
    copy.data = values.data();
    copy.place = {};
    return first_not_finite(copy);
  }
  for (int64_t row = 0; row < rows.rows; ++row) {
    for (int64_t column = 0; column < rows.columns; ++column) {
      const int64_t place = row * rows.row_stride + column * rows.column_stride;
      const double value = rows.dtype == DType::float32 ? static_cast<float*>(rows.data)[place]
                                                        : static_cast<double*>(rows.data)[place];
      if (!std::isfinite(value)) return NotFiniteElement{row, column, value};
    }
  }
  return {};
}

}  // namespace castalia
