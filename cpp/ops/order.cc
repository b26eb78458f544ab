#include "cpp/ops/order.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "cpp/base/status.h"
#include "cpp/ops/order_entry.h"

namespace castalia {
namespace {

template <typename T>
class OrderKernel : public Kernel {
  using Entry = typename OrderEntry<T>::Type;

 public:
  OrderKernel(const Shape& x, int axis, int64_t count, bool descending)
      : columns_(count == 0 ? 0 : x.count(0, axis) * x.count(axis + 1, x.rank())),
        n_(x[axis]),
        inner_(x.count(axis + 1, x.rank())),
        count_(count),
        descending_(descending),
        columns_per_tile_(std::max<int64_t>(1, kTileElements / std::max<int64_t>(1, n_))) {}

  int64_t tiles() const override { return (columns_ + columns_per_tile_ - 1) / columns_per_tile_; }
  size_t scratch_bytes() const override { return static_cast<size_t>(n_) * sizeof(Entry); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    Entry* const entries = reinterpret_cast<Entry*>(arguments.scratch);
    const int64_t end = std::min(columns_, last * columns_per_tile_);
    for (int64_t column = first * columns_per_tile_; column < end; ++column) {
      const int64_t outer = column / inner_;
      const int64_t k = column % inner_;
      const T* in = static_cast<const T*>(arguments.inputs[0]) + outer * n_ * inner_ + k;
      int64_t* out = static_cast<int64_t*>(arguments.outputs[0]) + outer * count_ * inner_ + k;
      for (int64_t j = 0; j < n_; ++j) {
        entries[j] = OrderEntry<T>::make(in[j * inner_], j, descending_);
      }
      if (count_ < n_) std::nth_element(entries, entries + count_ - 1, entries + n_);
      std::sort(entries, entries + count_);
      for (int64_t j = 0; j < count_; ++j) out[j * inner_] = OrderEntry<T>::index_of(entries[j]);
    }
  }

 private:
  static constexpr int64_t kTileElements = 4096;

  int64_t columns_;
  int64_t n_;
  int64_t inner_;
  int64_t count_;
  bool descending_;
  int64_t columns_per_tile_;
};

}  // namespace

std::unique_ptr<Kernel> make_order_kernel(const KernelRequest& request, int axis, int64_t count,
                                          bool descending) {
  const TensorType& x = request.inputs[0];
  check(x.shape[axis] <= std::numeric_limits<uint32_t>::max(), "no order of ", x.shape[axis],
        " elements");
  if (x.dtype == DType::float32) {
    return std::make_unique<OrderKernel<float>>(x.shape, axis, count, descending);
  }
  return std::make_unique<OrderKernel<double>>(x.shape, axis, count, descending);
}

}  // namespace castalia
