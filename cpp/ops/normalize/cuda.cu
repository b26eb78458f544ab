#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/normalize_rows_cuda.h"
#include "cpp/ops/row_blocks_cuda.h"

namespace castalia {
namespace {

template <typename T>
struct NormalizeSet {
  cuda::NormalizedSets sets;
  bool scale;
  bool bias;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, cuda::Block block) const {
    const T* const x = operands.in<T>(0);
    const auto statistics = sets.statistics(block, x);
    sets.each(block, [&](int64_t at, int64_t channel) {
      double y = statistics.normalized(static_cast<double>(x[at]));
      if (scale) y *= static_cast<double>(operands.in<T>(1)[channel]);
      if (bias) y += static_cast<double>(operands.in<T>(2)[channel]);
      operands.out<T>(0)[at] = static_cast<T>(y);
    });
  }
};

std::unique_ptr<Kernel> make_normalize_on_device(const KernelRequest& request, std::string*) {
  const cuda::NormalizedSets sets(request);
  auto kernel = cuda::kernel_for("normalize", request);
  kernel->set_flops(8 * static_cast<double>(request.inputs[0].shape.count()));
  cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    cuda::add_row_blocks(
        *kernel, sets.count(), sets.elements(),
        NormalizeSet<T>{sets, request.inputs.size() > 1, request.inputs.size() > 2});
  });
  return kernel;
}

}  // namespace

void normalize_cuda_kernels(KernelTable& table) {
  table.add("normalize", {"cuda", make_normalize_on_device});
}

}  // namespace castalia
