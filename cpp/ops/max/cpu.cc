#include "cpp/ops/kernels.h"
#include "cpp/runtime/cpu/reduce.h"

namespace castalia {
namespace {

template <typename T>
class MaxKernel : public Kernel {
 public:
  explicit MaxKernel(const cpu::ReduceShape& shape) : shape_(shape) {}

  int64_t tiles() const override { return cpu::reduce_tiles(shape_); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    cpu::reduce_max(shape_, static_cast<const T*>(arguments.inputs[0]),
                    static_cast<T*>(arguments.outputs[0]), first, last);
  }

 private:
  cpu::ReduceShape shape_;
};

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const Shape& x = request.inputs[0].shape;
  const int axis = static_cast<int>(request.attributes.integer("axis"));
  const cpu::ReduceShape shape{x.count(0, axis), x[axis], x.count(axis + 1, x.rank())};
  if (request.inputs[0].dtype == DType::float32) return std::make_unique<MaxKernel<float>>(shape);
  return std::make_unique<MaxKernel<double>>(shape);
}

}  // namespace

void max_kernels(KernelTable& table) { table.add("max", {"highway", create}); }

}  // namespace castalia
