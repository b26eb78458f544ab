#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/random_cuda.h"

namespace castalia {
namespace {

template <typename T>
struct UniformDraw {
  CASTALIA_ANYWHERE T operator()(const cuda::Operands&, int64_t, double u) const {
    return uniform_as<T>(u);
  }
};

std::unique_ptr<Kernel> make_random_uniform_on_device(const KernelRequest& request, std::string*) {
  auto kernel = cuda::kernel_for("random_uniform", request);
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    cuda::add_draws<T>(*kernel, request, UniformDraw<T>{});
  });
  return kernel;
}

}  // namespace

void random_uniform_cuda_kernels(KernelTable& table) {
  table.add("random_uniform", {"cuda", make_random_uniform_on_device});
}

}  // namespace castalia
