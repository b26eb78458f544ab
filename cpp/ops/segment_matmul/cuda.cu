#include <cmath>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/indices_cuda.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia {
namespace {

template <typename T, typename I>
struct SegmentMatmulElement {
  int64_t depth;
  int64_t columns;
  int64_t segments;
  bool transpose;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const int64_t row = index / columns;
    const int64_t j = index % columns;
    const int64_t segment = operands.in<I>(2)[row];
    T sum = 0;
    if (segment >= 0 && segment < segments) {
      const T* const x = operands.in<T>(0) + row * depth;
      const T* const matrix = operands.in<T>(1) + segment * depth * columns;
      for (int64_t k = 0; k < depth; ++k) {
        sum = std::fma(x[k], matrix[transpose ? j * depth + k : k * columns + j], sum);
      }
    }
    operands.out<T>(0)[index] = sum;
  }
};

std::unique_ptr<Kernel> make_segment_matmul_on_device(const KernelRequest& request, std::string*) {
  auto kernel = cuda::kernel_for("segment_matmul", request);
  const Shape& out = request.outputs[0].shape;
  const int64_t depth = request.inputs[0].shape[1];
  const bool transpose = request.attributes.integer("transpose") != 0;
  kernel->set_flops(2.0 * static_cast<double>(out.count()) * static_cast<double>(depth));
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    cuda::with_index_type(request.inputs[2].dtype, [&]<typename I>() {
      kernel->each(out.count(), SegmentMatmulElement<T, I>{depth, out[1],
                                                           request.inputs[1].shape[0], transpose});
    });
  });
  return kernel;
}

}  // namespace

void segment_matmul_cuda_kernels(KernelTable& table) {
  table.add("segment_matmul", {"cuda", make_segment_matmul_on_device});
}

}  // namespace castalia
