#include <vector>

#include "cpp/ops/kernels.h"
#include "cpp/ops/row_kernel.h"

namespace castalia {
namespace {

// Which places of the input go into each of the result: place c sums sources[begin[c]], ...,
// sources[begin[c + 1] - 1].
struct Sources {
  std::vector<int64_t> begin;
  std::vector<int64_t> sources;

  Sources(const std::vector<int64_t>& indices, int64_t extent) : sources(indices.size()) {
    begin.assign(static_cast<size_t>(extent) + 1, 0);
    for (const int64_t index : indices) ++begin[static_cast<size_t>(index) + 1];
    for (size_t c = 1; c < begin.size(); ++c) begin[c] += begin[c - 1];
    std::vector<int64_t> next = begin;
    for (size_t j = 0; j < indices.size(); ++j) {
      const int64_t at = next[static_cast<size_t>(indices[j])]++;
      sources[static_cast<size_t>(at)] = static_cast<int64_t>(j);
    }
  }
};

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
      [map = Sources(request.attributes.integers("indices"), extent), given, extent, inner](
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
