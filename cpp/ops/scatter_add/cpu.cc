#include <vector>

#include "cpp/ops/kernels.h"
#include "cpp/ops/row_kernel.h"

namespace castalia {
namespace {

// Which elements of an input row go into each column: column c sums elements
// sources[begin[c]], ..., sources[begin[c + 1] - 1].
struct Sources {
  std::vector<int64_t> begin;
  std::vector<int64_t> sources;

  Sources(const std::vector<int64_t>& indices, int64_t columns) {
    for (int64_t column = 0; column < columns; ++column) {
      begin.push_back(static_cast<int64_t>(sources.size()));
      for (size_t j = 0; j < indices.size(); ++j) {
        if (indices[j] == column) sources.push_back(static_cast<int64_t>(j));
      }
    }
    begin.push_back(static_cast<int64_t>(sources.size()));
  }
};

template <typename T>
std::unique_ptr<Kernel> create_typed(const KernelRequest& request) {
  const Shape& shape = request.inputs[0].shape;
  const int64_t given = shape.back();
  const int64_t columns = request.outputs[0].shape.back();
  return make_row_kernel(
      columns == 0 ? 0 : shape.count(0, shape.rank() - 1),
      columns * static_cast<int64_t>(sizeof(T)),
      [map = Sources(request.attributes.integers("indices"), columns), given, columns](
          const KernelArguments& arguments, int64_t first, int64_t last) {
        const T* in = static_cast<const T*>(arguments.inputs[0]) + first * given;
        T* out = static_cast<T*>(arguments.outputs[0]) + first * columns;
        for (int64_t row = first; row < last; ++row, in += given, out += columns) {
          for (size_t column = 0; column < static_cast<size_t>(columns); ++column) {
            double total = 0;
            for (int64_t i = map.begin[column]; i < map.begin[column + 1]; ++i) {
              total += static_cast<double>(in[map.sources[static_cast<size_t>(i)]]);
            }
            out[column] = static_cast<T>(total);
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
