#include <span>

#include "cpp/base/philox.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/random_kernel.h"

namespace castalia {
namespace {

template <typename T>
std::unique_ptr<Kernel> create_typed(const KernelRequest& request) {
  const Shape& shape = request.outputs[0].shape;
  const int64_t features = shape[1];
  return make_random_kernel(
      request, shape[0], features * static_cast<int64_t>(sizeof(T)),
      [features](const KernelArguments& arguments, int64_t row, const Stream& stream) {
        T* out = static_cast<T*>(arguments.outputs[0]) + row * features;
        fill_uniform(stream, std::span(out, static_cast<size_t>(features)));
      });
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  return request.outputs[0].dtype == DType::float32 ? create_typed<float>(request)
                                                    : create_typed<double>(request);
}

}  // namespace

void random_uniform_kernels(KernelTable& table) { table.add("random_uniform", {"philox", create}); }

}  // namespace castalia
