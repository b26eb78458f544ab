#include "cpp/ops/kernels.h"
#include "cpp/ops/row_kernel.h"

namespace castalia {
namespace {

template <typename From, typename To>
std::unique_ptr<Kernel> create_typed(int64_t count) {
  return make_row_kernel(count, sizeof(To),
                         [](const KernelArguments& arguments, int64_t first, int64_t last) {
                           const From* in = static_cast<const From*>(arguments.inputs[0]);
                           To* out = static_cast<To*>(arguments.outputs[0]);
                           for (int64_t i = first; i < last; ++i) out[i] = static_cast<To>(in[i]);
                         });
}

template <typename From>
std::unique_ptr<Kernel> create_from(DType to, int64_t count) {
  switch (to) {
    case DType::float32: return create_typed<From, float>(count);
    case DType::float64: return create_typed<From, double>(count);
    case DType::int32: return create_typed<From, int32_t>(count);
    case DType::int64: return create_typed<From, int64_t>(count);
  }
  return nullptr;
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const DType to = request.outputs[0].dtype;
  const int64_t count = request.inputs[0].shape.count();
  switch (request.inputs[0].dtype) {
    case DType::float32: return create_from<float>(to, count);
    case DType::float64: return create_from<double>(to, count);
    case DType::int32: return create_from<int32_t>(to, count);
    case DType::int64: return create_from<int64_t>(to, count);
  }
  return nullptr;
}

}  // namespace

void cast_kernels(KernelTable& table) { table.add("cast", {"loops", create}); }

}  // namespace castalia
