// The reference of an operator as a kernel.
#ifndef CASTALIA_CPP_OPS_REFERENCE_KERNEL_H_
#define CASTALIA_CPP_OPS_REFERENCE_KERNEL_H_

#include <memory>
#include <string>

#include "cpp/graph/operator.h"
#include "cpp/ops/reference.h"
#include "cpp/runtime/kernel.h"

namespace castalia {

// Null, with the reason, where doubles cannot hold every input.
std::unique_ptr<Kernel> make_reference_kernel(const Operator& op, const KernelRequest& request,
                                              std::string* refusal);

// Between a buffer of the given type and doubles. To integers it truncates.
Tensor read_tensor(const TensorType& type, const void* data);
void write_tensor(const Tensor& tensor, DType dtype, void* data);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_REFERENCE_KERNEL_H_
