#include "cpp/runtime/cpu/normalize.h"

#include "cpp/ops/kernels.h"

namespace castalia {
namespace {

template <typename T>
class NormalizeKernel : public Kernel {
 public:
  NormalizeKernel(const cpu::NormalizeShape& shape, size_t operands)
      : shape_(shape), operands_(operands) {}

  int64_t tiles() const override { return cpu::normalize_tiles(shape_); }
  size_t scratch_bytes() const override { return cpu::normalize_scratch_bytes<T>(shape_); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    const auto input = [&](size_t i) {
      return i < operands_ ? static_cast<const T*>(arguments.inputs[i]) : nullptr;
    };
    cpu::normalize<T>(shape_, input(0), input(1), input(2), static_cast<T*>(arguments.outputs[0]),
                      arguments.scratch, first, last);
  }
  double flops() const override {
    return 8.0 * static_cast<double>(shape_.outer) * static_cast<double>(shape_.positions) *
           static_cast<double>(shape_.channels());
  }

 private:
  cpu::NormalizeShape shape_;
  size_t operands_;
};

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const Shape& x = request.inputs[0].shape;
  const cpu::NormalizeShape shape{.outer = x[0],
                                  .positions = x[1],
                                  .groups = x[2],
                                  .width = x[3],
                                  .centred = request.attributes.integer("centred") != 0,
                                  .epsilon = request.attributes.real("epsilon")};
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<NormalizeKernel<float>>(shape, request.inputs.size());
  }
  return std::make_unique<NormalizeKernel<double>>(shape, request.inputs.size());
}

}  // namespace

void normalize_kernels(KernelTable& table) { table.add("normalize", {"highway", create}); }

}  // namespace castalia
