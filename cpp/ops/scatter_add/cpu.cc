#include "cpp/ops/kernels.h"
#include "cpp/ops/row_kernel.h"
#include "cpp/ops/scatter_sources.h"

namespace castalia {
namespace {

template <typename T>
std::unique_ptr<Kernel> create_typed(const KernelRequest& request) {
  const Shape& shape = request.inputs[0].shape;
  const int axis = static_cast<int>(request.attributes.integer("axis"));
  const int64_t given = shape[axis];
  const int64_t extent = request.attributes.integer("extent");
  const int64_t inner = shape.count(axis + 1, shape.rank());
  return make_row_kernel(
      extent * inner == 0 ? 0 : shape.count(0, axis),
      extent * inner * static_cast<int64_t>(sizeof(T)),
      [map = ScatterSources(request.attributes.integers("indices"), extent), given, extent, inner](
          const KernelArguments& arguments, int64_t first, int64_t last) {
        const T* in = static_cast<const T*>(arguments.inputs[0]) + first * given * inner;
        T* out = static_cast<T*>(arguments.outputs[0]) + first * extent * inner;
        for (int64_t row = first; row < last; ++row, in += given * inner) {
          for (size_t place = 0; place < static_cast<size_t>(extent); ++place) {
            for (int64_t k = 0; k < inner; ++k) {
              double total = 0;
              for (int64_t i = map.begin[place]; i < map.begin[place + 1]; ++i) {
                total += static_cast<double>(in[map.sources[static_cast<size_t>(i)] * inner + k]);
              }
              *out++ = static_cast<T>(total);
            }
          }
        }
      });
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  return request.inputs[0].dtype == DType::float32 ? create_typed<float>(request)
                                                   : create_typed<double>(request);
}

}  // namespace

void scatter_add_kernels(KernelTable& table) { table.add("scatter_add", {"loops", create}); }

}  // namespace castalia
