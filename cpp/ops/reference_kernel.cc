#include "cpp/ops/reference_kernel.h"

#include <algorithm>
#include <vector>

#include "cpp/base/status.h"

namespace castalia {
namespace {

class ReferenceKernel : public Kernel {
 public:
  ReferenceKernel(const Operator& op, const KernelRequest& request)
      : op_(op),
        attributes_(request.attributes),
        inputs_(request.inputs.begin(), request.inputs.end()),
        outputs_(request.outputs.begin(), request.outputs.end()) {}

  // Unlike every other kernel this one allocates: it is the last resort.
  void run(const KernelArguments& arguments, int64_t, int64_t) const override {
    std::vector<Tensor> inputs;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      inputs.push_back(read_tensor(inputs_[i], arguments.inputs[i]));
    }
    const std::vector<Tensor> results = reference(op_, attributes_, inputs);
    for (size_t i = 0; i < outputs_.size(); ++i) {
      check(results[i].shape == outputs_[i].shape, "the reference of '", op_.name, "' gives shape ",
            results[i].shape, ", its shape rule ", outputs_[i].shape);
      write_tensor(results[i], outputs_[i].dtype, arguments.outputs[i]);
    }
  }

 private:
  const Operator& op_;
  Attributes attributes_;
  std::vector<TensorType> inputs_;
  std::vector<TensorType> outputs_;
};

// Calls visit with a null pointer of the element type.
template <typename Visit>
void with_type(DType dtype, Visit visit) {
  switch (dtype) {
    case DType::float32: return visit(static_cast<float*>(nullptr));
    case DType::float64: return visit(static_cast<double*>(nullptr));
    case DType::int32: return visit(static_cast<int32_t*>(nullptr));
    case DType::int64: return visit(static_cast<int64_t*>(nullptr));
  }
}

}  // namespace

std::unique_ptr<Kernel> make_reference_kernel(const Operator& op, const KernelRequest& request,
                                              std::string* refusal) {
  for (const TensorType& input : request.inputs) {
    if (input.dtype == DType::int64) {
      *refusal = "doubles do not hold every int64";
      return nullptr;
    }
  }
  return std::make_unique<ReferenceKernel>(op, request);
}

Tensor read_tensor(const TensorType& type, const void* data) {
  Tensor tensor(type.shape);
  with_type(type.dtype, [&]<typename T>(T*) {
    const T* elements = static_cast<const T*>(data);
    std::copy(elements, elements + tensor.data.size(), tensor.data.begin());
  });
  return tensor;
}

void write_tensor(const Tensor& tensor, DType dtype, void* data) {
  with_type(dtype, [&]<typename T>(T*) {
    std::transform(tensor.data.begin(), tensor.data.end(), static_cast<T*>(data),
                   [](double x) { return static_cast<T>(x); });
  });
}

}  // namespace castalia
