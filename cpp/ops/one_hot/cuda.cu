#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/indices_cuda.h"
#include "cpp/ops/movement_cuda.h"

namespace castalia {
namespace {

template <typename T, typename I, typename Index>
struct OneHotElement {
  int64_t classes;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const auto row = static_cast<Index>(index) / static_cast<Index>(classes);
    const int64_t place = static_cast<Index>(index) % static_cast<Index>(classes);
    const int64_t hot = operands.in<I>(0)[row];
    operands.out<T>(0)[index] = hot == place ? T{1} : T{0};
  }
};

std::unique_ptr<Kernel> make_one_hot_on_device(const KernelRequest& request, std::string*) {
  auto kernel = cuda::kernel_for("one_hot", request);
  const int64_t count = request.outputs[0].shape.count();
  const int64_t classes = request.attributes.integer("classes");
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    cuda::with_index_type(request.inputs[0].dtype, [&]<typename I>() {
      cuda::with_index(count, [&]<typename Index>() {
        kernel->each(count, OneHotElement<T, I, Index>{classes});
      });
    });
  });
  return kernel;
}

}  // namespace

void one_hot_cuda_kernels(KernelTable& table) {
  table.add("one_hot", {"cuda", make_one_hot_on_device});
}

}  // namespace castalia
