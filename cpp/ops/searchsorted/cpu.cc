#include <algorithm>

#include "cpp/ops/kernels.h"
#include "cpp/ops/row_kernel.h"

namespace castalia {
namespace {

template <typename T>
std::unique_ptr<Kernel> create_typed(const KernelRequest& request) {
  const int64_t count = request.inputs[0].shape[0];
  const bool right = request.attributes.integer("right") != 0;
  return make_row_kernel(request.inputs[1].shape.count(), sizeof(T),
                         [=](const KernelArguments& arguments, int64_t first, int64_t last) {
                           const T* edges = static_cast<const T*>(arguments.inputs[0]);
                           const T* in = static_cast<const T*>(arguments.inputs[1]);
                           int64_t* out = static_cast<int64_t*>(arguments.outputs[0]);
                           for (int64_t i = first; i < last; ++i) {
                             // In terms that are true for NaN.
                             const auto before = [&, x = in[i]](T edge) {
                               return right ? !(edge > x) : !(edge >= x);
                             };
                             out[i] = std::partition_point(edges, edges + count, before) - edges;
                           }
                         });
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  return request.inputs[0].dtype == DType::float32 ? create_typed<float>(request)
                                                   : create_typed<double>(request);
}

}  // namespace

void searchsorted_kernels(KernelTable& table) { table.add("searchsorted", {"loops", create}); }

}  // namespace castalia
