// What the compiler knows of a node before it runs.
#ifndef CASTALIA_CPP_COMPILE_SIMPLIFY_H_
#define CASTALIA_CPP_COMPILE_SIMPLIFY_H_

#include "cpp/compile/compile.h"
#include "cpp/graph/graph.h"

namespace castalia {

// A value that has the bits of the node's only output and costs less: an operand, where the
// operator changes nothing (x * 1, x - 0, the negative of a negative, a transposition undone, a
// float32 number taken to float64 and back), or a constant, where all operands are constants. The
// constant is computed by the kernel that would have computed it at run time on the host. Null when
// there is none.
Value simplified(Value result, const CompileOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_COMPILE_SIMPLIFY_H_
