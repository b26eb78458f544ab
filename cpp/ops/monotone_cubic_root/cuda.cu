#include <cmath>

#include "cpp/ops/cubic_root_cuda.h"
#include "cpp/ops/cuda_kernels.h"

namespace castalia {
namespace {

template <typename T>
struct MonotoneCubicRootElement {
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t i) const {
    const auto share = static_cast<double>(operands.in<T>(0)[i]);
    const auto start = static_cast<double>(operands.in<T>(1)[i]);
    const auto end = static_cast<double>(operands.in<T>(2)[i]);
    operands.out<T>(0)[i] = static_cast<T>(cuda::rising_cubic_root(share, start, end));
  }
};

std::unique_ptr<Kernel> make_monotone_cubic_root_on_device(const KernelRequest& request,
                                                           std::string*) {
  auto kernel = cuda::kernel_for("monotone_cubic_root", request);
  cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    kernel->each(request.inputs[0].shape.count(), MonotoneCubicRootElement<T>{});
  });
  return kernel;
}

}  // namespace

void monotone_cubic_root_cuda_kernels(KernelTable& table) {
  table.add("monotone_cubic_root", {"cuda", make_monotone_cubic_root_on_device});
}

}  // namespace castalia
