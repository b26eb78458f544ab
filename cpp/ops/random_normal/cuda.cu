#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/random_cuda.h"

namespace castalia {
namespace {

template <typename T>
struct NormalDraw {
  CASTALIA_ANYWHERE T operator()(const cuda::Operands&, int64_t, double u) const {
    return static_cast<T>(normal_quantile(u));
  }
};

std::unique_ptr<Kernel> make_random_normal_on_device(const KernelRequest& request, std::string*) {
  auto kernel = cuda::kernel_for("random_normal", request);
  cuda::with_floating(request.outputs[0].dtype,
                      [&]<typename T>() { cuda::add_draws<T>(*kernel, request, NormalDraw<T>{}); });
  return kernel;
}

}  // namespace

void random_normal_cuda_kernels(KernelTable& table) {
  table.add("random_normal", {"cuda", make_random_normal_on_device});
}

}  // namespace castalia
