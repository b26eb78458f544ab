#include "cpp/ops/column_reduction_cuda.h"
#include "cpp/ops/cuda_kernels.h"

namespace castalia {
namespace {

// The columns of x (rows, particles, features) where the mask (rows, particles) is not 0.
template <typename T>
struct MaskedSumColumns {
  using State = double;

  int64_t particles;
  int64_t features;

  CASTALIA_ANYWHERE State begin(const cuda::Operands&, int64_t, int64_t) const { return 0; }
  CASTALIA_ANYWHERE void take(const cuda::Operands& operands, State& state, int64_t row,
                              int64_t particle, int64_t c) const {
    const int64_t at = row * particles + particle;
    if (operands.in<T>(1)[at] == 0) return;
    state += static_cast<double>(operands.in<T>(0)[at * features + c]);
  }
  static CASTALIA_ANYWHERE State merge(const State& a, const State& b) { return a + b; }
  CASTALIA_ANYWHERE void end(const cuda::Operands& operands, const State& state, int64_t row,
                             int64_t c) const {
    operands.out<T>(0)[row * features + c] = static_cast<T>(state);
  }
};

std::unique_ptr<Kernel> make_masked_sum_on_device(const KernelRequest& request, std::string*) {
  const Shape& x = request.inputs[0].shape;
  const int64_t particles = x[x.rank() - 2];
  auto kernel = cuda::kernel_for("masked_sum", request);
  kernel->set_flops(static_cast<double>(x.count()));
  cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    cuda::add_column_reduction(*kernel, x.count(0, x.rank() - 2), particles, x.back(),
                               MaskedSumColumns<T>{particles, x.back()});
  });
  return kernel;
}

}  // namespace

void masked_sum_cuda_kernels(KernelTable& table) {
  table.add("masked_sum", {"cuda", make_masked_sum_on_device});
}

}  // namespace castalia
