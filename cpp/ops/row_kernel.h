// Kernels whose work is rows of equal length, cut into tiles of about 16 kB.
#ifndef CASTALIA_CPP_OPS_ROW_KERNEL_H_
#define CASTALIA_CPP_OPS_ROW_KERNEL_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "cpp/runtime/kernel.h"

namespace castalia {

// compute is a function (arguments, first row, last row).
template <typename Compute>
class RowKernel : public Kernel {
 public:
  RowKernel(int64_t rows, int64_t bytes_per_row, Compute compute)
      : rows_(rows),
        rows_per_tile_(std::max<int64_t>(1, kTileBytes / std::max<int64_t>(1, bytes_per_row))),
        compute_(std::move(compute)) {}

  int64_t tiles() const override { return (rows_ + rows_per_tile_ - 1) / rows_per_tile_; }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    compute_(arguments, first * rows_per_tile_, std::min(rows_, last * rows_per_tile_));
  }

 private:
  static constexpr int64_t kTileBytes = 16384;

  int64_t rows_;
  int64_t rows_per_tile_;
  Compute compute_;
};

template <typename Compute>
std::unique_ptr<Kernel> make_row_kernel(int64_t rows, int64_t bytes_per_row, Compute compute) {
  return std::make_unique<RowKernel<Compute>>(rows, bytes_per_row, std::move(compute));
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ROW_KERNEL_H_
