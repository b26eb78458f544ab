#include <span>

#include "cpp/base/philox.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/random_kernel.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const Shape& shape = request.outputs[0].shape;
  const int64_t features = shape[1];
  return make_random_kernel(
      request, shape[0], features * static_cast<int64_t>(sizeof(int64_t)),
      [features](const KernelArguments& arguments, int64_t row, const Stream& stream) {
        int64_t* out = static_cast<int64_t*>(arguments.outputs[0]) + row * features;
        permute(stream.seed, stream.stage, stream.event,
                std::span(out, static_cast<size_t>(features)));
      });
}

}  // namespace

void random_permutation_kernels(KernelTable& table) {
  table.add("random_permutation", {"philox", create});
}

}  // namespace castalia
