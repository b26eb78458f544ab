#include <cmath>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/indices_cuda.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia {
namespace {

template <typename T, typename I>
struct SegmentOuterElement {
  int64_t rows;
  int64_t m;
  int64_t n;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const int64_t segment = index / (m * n);
    const T* const a = operands.in<T>(0) + index / n % m;
    const T* const b = operands.in<T>(1) + index % n;
    const I* const ids = operands.in<I>(2);
    T sum = 0;
    for (int64_t row = 0; row < rows; ++row) {
      if (ids[row] == segment) sum = std::fma(a[row * m], b[row * n], sum);
    }
    operands.out<T>(0)[index] = sum;
  }
};

std::unique_ptr<Kernel> make_segment_outer_on_device(const KernelRequest& request, std::string*) {
  auto kernel = cuda::kernel_for("segment_outer", request);
  const Shape& out = request.outputs[0].shape;
  const int64_t rows = request.inputs[0].shape[0];
  kernel->set_flops(2.0 * static_cast<double>(rows * out[1]) * static_cast<double>(out[2]));
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    cuda::with_index_type(request.inputs[2].dtype, [&]<typename I>() {
      kernel->each(out.count(), SegmentOuterElement<T, I>{rows, out[1], out[2]});
    });
  });
  return kernel;
}

}  // namespace

void segment_outer_cuda_kernels(KernelTable& table) {
  table.add("segment_outer", {"cuda", make_segment_outer_on_device});
}

}  // namespace castalia
