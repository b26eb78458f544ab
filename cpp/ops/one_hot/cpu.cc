#include <algorithm>

#include "cpp/ops/indices.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/row_kernel.h"

namespace castalia {
namespace {

template <typename T>
std::unique_ptr<Kernel> create_typed(const KernelRequest& request) {
  const int64_t classes = request.attributes.integer("classes");
  const DType dtype = request.inputs[0].dtype;
  return make_row_kernel(classes == 0 ? 0 : request.inputs[0].shape.count(),
                         classes * static_cast<int64_t>(sizeof(T)),
                         [=](const KernelArguments& arguments, int64_t first, int64_t last) {
                           T* out = static_cast<T*>(arguments.outputs[0]);
                           std::fill(out + first * classes, out + last * classes, T{0});
                           with_indices(dtype, arguments.inputs[0], [&](const auto* index) {
                             for (int64_t row = first; row < last; ++row) {
                               const int64_t at = index[row];
                               if (at >= 0 && at < classes) out[row * classes + at] = T{1};
                             }
                           });
                         });
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  return request.outputs[0].dtype == DType::float32 ? create_typed<float>(request)
                                                    : create_typed<double>(request);
}

}  // namespace

void one_hot_kernels(KernelTable& table) { table.add("one_hot", {"loops", create}); }

}  // namespace castalia
