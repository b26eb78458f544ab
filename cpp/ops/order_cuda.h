// Kernels on a device that put elements in the order of cpp/ops/order_entry.h.
#ifndef CASTALIA_CPP_OPS_ORDER_CUDA_H_
#define CASTALIA_CPP_OPS_ORDER_CUDA_H_

#include <limits>

#include "cpp/ops/order_entry.h"
#include "cpp/ops/sort_cuda.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia::cuda {

// Lines along an axis: line o * inner + k has the elements (o, ..., k).
template <typename T>
struct OrderLine {
  using Entry = typename OrderEntry<T>::Type;

  int64_t length;
  int64_t inner;
  bool descending;

  CASTALIA_ANYWHERE Entry entry(const Operands& operands, int64_t line, int64_t place) const {
    const int64_t at = (line / inner * length + place) * inner + line % inner;
    return OrderEntry<T>::make(operands.in<T>(0)[at], place, descending);
  }
  static CASTALIA_ANYWHERE Entry last(int64_t place) { return OrderEntry<T>::last(place); }
};

// Writes the indices of the first `count` elements.
template <typename T>
struct StoreOrder {
  int64_t count;
  int64_t inner;

  CASTALIA_ANYWHERE void operator()(const Operands& operands, int64_t line, int64_t place,
                                    const typename OrderEntry<T>::Type& entry) const {
    if (place >= count) return;
    const int64_t at = (line / inner * count + place) * inner + line % inner;
    operands.out<int64_t>(0)[at] = OrderEntry<T>::index_of(entry);
  }
};

// Short lines: a thread counts how many elements come before its own.
template <typename T>
struct CountBefore {
  OrderLine<T> line;
  StoreOrder<T> store;

  CASTALIA_ANYWHERE void operator()(const Operands& operands, int64_t index) const {
    const int64_t place = index / line.inner % line.length;
    const int64_t number = index / line.inner / line.length * line.inner + index % line.inner;
    const auto entry = line.entry(operands, number, place);
    int64_t before = 0;
    for (int64_t i = 0; i < line.length; ++i) {
      if (line.entry(operands, number, i) < entry) ++before;
    }
    store(operands, number, before, entry);
  }
};

// The indices, as int64, of the first `count` elements along the axis in their order; null with a
// reason for axes of 2^32 or more.
inline std::unique_ptr<Kernel> make_order_kernel(const std::string& name,
                                                 const KernelRequest& request, int64_t count,
                                                 bool descending, std::string* refusal) {
  constexpr int64_t kShort = 32;
  const TensorType& x = request.inputs[0];
  const int axis = static_cast<int>(request.attributes.integer("axis"));
  const int64_t length = x.shape[axis];
  const int64_t inner = x.shape.count(axis + 1, x.shape.rank());
  if (length > std::numeric_limits<uint32_t>::max()) {
    *refusal = "the axis is too long";
    return nullptr;
  }
  auto kernel = kernel_for(name, request);
  if (count == 0) return kernel;
  with_floating(x.dtype, [&]<typename T>() {
    const OrderLine<T> line{length, inner, descending};
    const StoreOrder<T> store{count, inner};
    if (length <= kShort) {
      kernel->each(x.shape.count(), CountBefore<T>{line, store});
    } else {
      add_sort(*kernel, x.shape.count(0, axis) * inner, length, line, store);
    }
  });
  return kernel;
}

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_ORDER_CUDA_H_
