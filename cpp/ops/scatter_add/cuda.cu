#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/movement_cuda.h"
#include "cpp/ops/scatter_sources.h"

namespace castalia {
namespace {

template <typename T, typename Index>
struct ScatterAddElement {
  const int64_t* begin;
  const int64_t* sources;
  int64_t given;
  int64_t extent;
  int64_t inner;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const auto i = static_cast<Index>(index);
    const int64_t k = i % static_cast<Index>(inner);
    const auto row = i / static_cast<Index>(inner);
    const auto place = row % static_cast<Index>(extent);
    const int64_t outer = row / static_cast<Index>(extent);
    const T* in = operands.in<T>(0) + outer * given * inner + k;
    double total = 0;
    for (int64_t source = begin[place]; source < begin[place + 1]; ++source) {
      total += static_cast<double>(in[sources[source] * inner]);
    }
    operands.out<T>(0)[index] = static_cast<T>(total);
  }
};

std::unique_ptr<Kernel> make_scatter_add_on_device(const KernelRequest& request, std::string*) {
  auto kernel = cuda::kernel_for("scatter_add", request);
  const Shape& x = request.inputs[0].shape;
  const int axis = static_cast<int>(request.attributes.integer("axis"));
  const int64_t extent = request.attributes.integer("extent");
  const int64_t count = request.outputs[0].shape.count();
  if (count == 0) return kernel;
  const ScatterSources map(request.attributes.integers("indices"), extent);
  const int64_t* begin = kernel->keep(map.begin);
  const int64_t* sources = kernel->keep(map.sources);
  cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    cuda::with_index(count, [&]<typename Index>() {
      kernel->each(count, ScatterAddElement<T, Index>{begin, sources, x[axis], extent,
                                                      x.count(axis + 1, x.rank())});
    });
  });
  return kernel;
}

}  // namespace

void scatter_add_cuda_kernels(KernelTable& table) {
  table.add("scatter_add", {"cuda", make_scatter_add_on_device});
}

}  // namespace castalia
