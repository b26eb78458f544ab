#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/random_cuda.h"

namespace castalia {
namespace {

template <typename T, typename Index>
struct RademacherElement {
  uint16_t stage;
  int64_t features;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const int64_t row = static_cast<Index>(index) / static_cast<Index>(features);
    const int64_t feature = static_cast<Index>(index) % static_cast<Index>(features);
    const uint64_t word =
        bits(cuda::stream_of_row(operands, stage, row), static_cast<uint32_t>(feature / 64));
    operands.out<T>(0)[index] = (word >> (feature % 64) & 1) != 0 ? T{1} : T{-1};
  }
};

std::unique_ptr<Kernel> make_random_rademacher_on_device(const KernelRequest& request,
                                                         std::string*) {
  auto kernel = cuda::kernel_for("random_rademacher", request);
  const Shape& shape = request.outputs[0].shape;
  const auto stage = static_cast<uint16_t>(request.attributes.integer("stage"));
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    cuda::with_index(shape.count(), [&]<typename Index>() {
      kernel->each(shape.count(), RademacherElement<T, Index>{stage, shape[1]});
    });
  });
  return kernel;
}

}  // namespace

void random_rademacher_cuda_kernels(KernelTable& table) {
  table.add("random_rademacher", {"cuda", make_random_rademacher_on_device});
}

}  // namespace castalia
