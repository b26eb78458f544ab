#include "cpp/base/status.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/normalization.h"
#include "cpp/runtime/cpu/normalize.h"

namespace castalia {
namespace {

template <typename T>
class NormalizeGradientKernel : public Kernel {
 public:
  NormalizeGradientKernel(const cpu::NormalizeShape& shape, bool scale, bool bias)
      : shape_(shape), scale_(scale), bias_(bias) {}

  int64_t tiles() const override { return cpu::normalize_tiles(shape_); }
  size_t scratch_bytes() const override { return cpu::normalize_scratch_bytes<T>(shape_); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    const auto sums = [&](bool given, int output) {
      return given ? static_cast<double*>(arguments.outputs[output]) : nullptr;
    };
    cpu::normalize_gradient<T>(shape_, static_cast<const T*>(arguments.inputs[0]),
                               static_cast<const T*>(arguments.inputs[1]),
                               scale_ ? static_cast<const T*>(arguments.inputs[2]) : nullptr,
                               static_cast<T*>(arguments.outputs[0]), sums(scale_, 1),
                               sums(bias_, scale_ ? 2 : 1), arguments.scratch, first, last);
  }
  double flops() const override {
    return 16.0 * static_cast<double>(shape_.outer) * static_cast<double>(shape_.positions) *
           static_cast<double>(shape_.channels());
  }

 private:
  cpu::NormalizeShape shape_;
  bool scale_;
  bool bias_;
};

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const Shape& x = request.inputs[0].shape;
  const cpu::NormalizeShape shape{.outer = x[0],
                                  .positions = x[1],
                                  .groups = x[2],
                                  .width = x[3],
                                  .centred = request.attributes.integer("centred") != 0,
                                  .epsilon = request.attributes.real("epsilon")};
  check(cpu::normalize_rows_per_tile(shape.positions, shape.channels()) == normalize_tile_rows(x),
        "normalize_gradient: the kernel's tiles are not those of the definition");
  const bool scale = request.inputs.size() > 2;
  const bool bias = request.attributes.integer("bias") != 0;
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<NormalizeGradientKernel<float>>(shape, scale, bias);
  }
  return std::make_unique<NormalizeGradientKernel<double>>(shape, scale, bias);
}

}  // namespace

void normalize_gradient_kernels(KernelTable& table) {
  table.add("normalize_gradient", {"highway", create});
}

}  // namespace castalia
