#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/random_cuda.h"

namespace castalia {
namespace {

// permute() of cpp/base/philox.h, a row a warp: the draws do not depend on each other, only the
// exchanges do.
struct PermutationRow {
  static constexpr int64_t kMostShared = 1024;  // features whose row fits into shared memory

  uint16_t stage;
  int64_t features;
  size_t steps_offset;  // in the scratch memory, for longer rows

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, cuda::Block block) const {
    int64_t* out = operands.out<int64_t>(0) + block.index * features;
    const bool shared = features <= kMostShared;
    auto* memory = reinterpret_cast<int64_t*>(block.shared);
    int64_t* order = shared ? memory : out;
    int64_t* steps = shared ? memory + features
                            : operands.memory<int64_t>(steps_offset) + block.index * features;
    const Stream stream = cuda::stream_of_row(operands, stage, block.index);
    block.each((features + 1) / 2, [&](int64_t pair) {
      const auto random = block_of_bits(stream, static_cast<uint32_t>(pair));
      for (int64_t i = 2 * pair; i < features && i < 2 * pair + 2; ++i) {
        order[i] = i;
        steps[i] = static_cast<int64_t>(draw_below(static_cast<uint64_t>(features - i), stream,
                                                   static_cast<uint32_t>(i), random[i % 2]));
      }
    });
    block.sync();
    if (block.thread() == 0) {
      for (int64_t i = 0; i < features; ++i) {
        const int64_t moved = order[i];
        order[i] = order[i + steps[i]];
        order[i + steps[i]] = moved;
      }
    }
    block.sync();
    if (shared) block.each(features, [&](int64_t i) { out[i] = order[i]; });
  }
};

std::unique_ptr<Kernel> make_random_permutation_on_device(const KernelRequest& request,
                                                          std::string*) {
  auto kernel = cuda::kernel_for("random_permutation", request);
  const Shape& shape = request.outputs[0].shape;
  if (shape.count() == 0) return kernel;
  PermutationRow body{static_cast<uint16_t>(request.attributes.integer("stage")), shape[1], 0};
  const size_t row_bytes = static_cast<size_t>(shape[1]) * sizeof(int64_t);
  const bool shared = shape[1] <= PermutationRow::kMostShared;
  if (!shared) body.steps_offset = kernel->reserve(static_cast<size_t>(shape[0]) * row_bytes);
  kernel->blocks<32>(shape[0], shared ? 2 * row_bytes : 0, body);
  return kernel;
}

}  // namespace

void random_permutation_cuda_kernels(KernelTable& table) {
  table.add("random_permutation", {"cuda", make_random_permutation_on_device});
}

}  // namespace castalia
