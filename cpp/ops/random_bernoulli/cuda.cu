#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/random_cuda.h"

namespace castalia {
namespace {

template <typename T>
struct BernoulliDraw {
  CASTALIA_ANYWHERE T operator()(const cuda::Operands& operands, int64_t index, double u) const {
    return u < static_cast<double>(operands.in<T>(2)[index]) ? T{1} : T{0};
  }
};

std::unique_ptr<Kernel> make_random_bernoulli_on_device(const KernelRequest& request,
                                                        std::string*) {
  auto kernel = cuda::kernel_for("random_bernoulli", request);
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    cuda::add_draws<T>(*kernel, request, BernoulliDraw<T>{});
  });
  return kernel;
}

}  // namespace

void random_bernoulli_cuda_kernels(KernelTable& table) {
  table.add("random_bernoulli", {"cuda", make_random_bernoulli_on_device});
}

}  // namespace castalia
