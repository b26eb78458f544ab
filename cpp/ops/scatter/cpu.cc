#include <algorithm>

#include "cpp/ops/indices.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/row_kernel.h"

namespace castalia {
namespace {

template <typename T>
std::unique_ptr<Kernel> create_typed(const KernelRequest& request) {
  const Shape& x = request.inputs[0].shape;
  const int axis = static_cast<int>(request.attributes.integer("axis"));
  const int64_t extent = request.attributes.integer("extent");
  const int64_t given = x[axis];
  const int64_t inner = x.count(axis + 1, x.rank());
  const DType dtype = request.inputs[1].dtype;
  return make_row_kernel(
      extent * inner == 0 ? 0 : x.count(0, axis), extent * inner * static_cast<int64_t>(sizeof(T)),
      [=](const KernelArguments& arguments, int64_t first, int64_t last) {
        const T* in = static_cast<const T*>(arguments.inputs[0]);
        T* out = static_cast<T*>(arguments.outputs[0]);
        with_indices(dtype, arguments.inputs[1], [&](const auto* index) {
          for (int64_t o = first; o < last; ++o) {
            T* to = out + o * extent * inner;
            std::fill_n(to, extent * inner, T{0});
            for (int64_t i = o * given * inner; i < (o + 1) * given * inner; i += inner) {
              for (int64_t k = 0; k < inner; ++k) {
                const int64_t at = index[i + k];
                if (at >= 0 && at < extent) to[at * inner + k] += in[i + k];
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

void scatter_kernels(KernelTable& table) { table.add("scatter", {"loops", create}); }

}  // namespace castalia
