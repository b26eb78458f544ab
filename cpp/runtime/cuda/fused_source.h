// The source of a kernel for a chain of element-wise operations.
#ifndef CASTALIA_CPP_RUNTIME_CUDA_FUSED_SOURCE_H_
#define CASTALIA_CPP_RUNTIME_CUDA_FUSED_SOURCE_H_

#include <string>

#include "cpp/runtime/fused_program.h"

namespace castalia::cuda {

// The name of the function.
inline constexpr char kFusedName[] = "castalia_fused";

// A __global__ function of the program's input pointers, constants and output pointers, in order:
// one thread an element of the iteration, or more. Programs that differ only in the places of their
// operands and in the values of their constants have the same source. Stands after
// elementwise_functions.h. An Error (internal) for an operation that does not exist there.
std::string fused_source(const FusedProgram& program);

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_RUNTIME_CUDA_FUSED_SOURCE_H_
