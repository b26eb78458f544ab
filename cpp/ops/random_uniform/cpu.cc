#include "cpp/ops/kernels.h"
#include "cpp/ops/row_kernel.h"
#include "cpp/runtime/cpu/random.h"

namespace castalia {
namespace {

template <typename T>
std::unique_ptr<Kernel> create_typed(const KernelRequest& request) {
  const int64_t features = request.outputs[0].shape[1];
  const auto stage = static_cast<uint16_t>(request.attributes.integer("stage"));
  return make_row_kernel(
      features == 0 ? 0 : request.outputs[0].shape[0], features * static_cast<int64_t>(sizeof(T)),
      [features, stage](const KernelArguments& arguments, int64_t first, int64_t last) {
        const auto seed = static_cast<uint64_t>(*static_cast<const int64_t*>(arguments.inputs[0]));
        const auto event = static_cast<uint64_t>(*static_cast<const int64_t*>(arguments.inputs[1]));
        cpu::fill_uniform_rows(Stream{seed, event + static_cast<uint64_t>(first), stage},
                               last - first, features,
                               static_cast<T*>(arguments.outputs[0]) + first * features);
      });
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  return request.outputs[0].dtype == DType::float32 ? create_typed<float>(request)
                                                    : create_typed<double>(request);
}

}  // namespace

void random_uniform_kernels(KernelTable& table) { table.add("random_uniform", {"philox", create}); }

}  // namespace castalia
