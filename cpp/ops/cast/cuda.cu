#include "cpp/ops/cuda_kernels.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia {
namespace {

template <typename From, typename To>
struct CastElement {
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    operands.out<To>(0)[index] = static_cast<To>(operands.in<From>(0)[index]);
  }
};

std::unique_ptr<Kernel> make_cast_on_device(const KernelRequest& request, std::string*) {
  auto kernel = cuda::kernel_for("cast", request);
  const int64_t count = request.outputs[0].shape.count();
  cuda::with_type(request.inputs[0].dtype, [&]<typename From>() {
    cuda::with_type(request.outputs[0].dtype,
                    [&]<typename To>() { kernel->each(count, CastElement<From, To>{}); });
  });
  return kernel;
}

}  // namespace

void cast_cuda_kernels(KernelTable& table) { table.add("cast", {"cuda", make_cast_on_device}); }

}  // namespace castalia
