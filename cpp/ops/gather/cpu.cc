#include "cpp/ops/indices.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/row_kernel.h"

namespace castalia {
namespace {

template <typename T>
std::unique_ptr<Kernel> create_typed(const KernelRequest& request) {
  const Shape& x = request.inputs[0].shape;
  const TensorType& indices = request.inputs[1];
  const int axis = static_cast<int>(request.attributes.integer("axis"));
  const int64_t extent = x[axis];
  const int64_t taken = indices.shape[axis];
  const int64_t inner = x.count(axis + 1, x.rank());
  const DType dtype = indices.dtype;
  return make_row_kernel(
      taken * inner == 0 ? 0 : x.count(0, axis), taken * inner * static_cast<int64_t>(sizeof(T)),
      [=](const KernelArguments& arguments, int64_t first, int64_t last) {
        const T* in = static_cast<const T*>(arguments.inputs[0]);
        T* out = static_cast<T*>(arguments.outputs[0]);
        with_indices(dtype, arguments.inputs[1], [&](const auto* index) {
          for (int64_t o = first; o < last; ++o) {
            const T* from = in + o * extent * inner;
            for (int64_t i = o * taken * inner; i < (o + 1) * taken * inner; i += inner) {
              for (int64_t k = 0; k < inner; ++k) {
                const int64_t at = index[i + k];
                out[i + k] = at >= 0 && at < extent ? from[at * inner + k] : T{0};
              }
            }
          }
        });
      });
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  return request.inputs[0].dtype == DType::float32 ? create_typed<float>(request)
                                                   : create_typed<double>(request);
}

}  // namespace

void gather_kernels(KernelTable& table) { table.add("gather", {"loops", create}); }

}  // namespace castalia
