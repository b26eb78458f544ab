#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/movement_cuda.h"

namespace castalia {
namespace {

template <typename W, typename Index>
struct TakeWord {
  const int64_t* indices;
  int64_t taken;
  int64_t extent;
  int64_t inner;  // words behind the axis

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const auto i = static_cast<Index>(index);
    const auto k = i % static_cast<Index>(inner);
    const auto place = i / static_cast<Index>(inner);
    const auto j = place % static_cast<Index>(taken);
    const int64_t outer = place / static_cast<Index>(taken);
    operands.out<W>(0)[index] =
        cuda::load_word<W>(operands.inputs[0], (outer * extent + indices[j]) * inner + k);
  }
};

std::unique_ptr<Kernel> make_take_on_device(const KernelRequest& request, std::string*) {
  auto kernel = cuda::kernel_for("take", request);
  const TensorType& x = request.inputs[0];
  const int axis = static_cast<int>(request.attributes.integer("axis"));
  const std::vector<int64_t>& indices = request.attributes.integers("indices");
  const int64_t inner_bytes = bytes_behind_axis(request, axis);
  const int64_t bytes = request.outputs[0].shape.count() * static_cast<int64_t>(size_of(x.dtype));
  if (bytes == 0) return kernel;
  const int64_t* kept = kernel->keep(indices);
  cuda::with_word({inner_bytes}, [&]<typename W>() {
    constexpr int64_t kWord = sizeof(W);
    cuda::with_index(bytes / kWord, [&]<typename Index>() {
      kernel->each(bytes / kWord, TakeWord<W, Index>{kept, static_cast<int64_t>(indices.size()),
                                                     x.shape[axis], inner_bytes / kWord});
    });
  });
  return kernel;
}

}  // namespace

void take_cuda_kernels(KernelTable& table) { table.add("take", {"cuda", make_take_on_device}); }

}  // namespace castalia
