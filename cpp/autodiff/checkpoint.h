// Memory for time: values that the backward pass computes again instead of keeping.
#ifndef CASTALIA_CPP_AUTODIFF_CHECKPOINT_H_
#define CASTALIA_CPP_AUTODIFF_CHECKPOINT_H_

#include <functional>
#include <span>
#include <vector>

#include "cpp/graph/graph.h"

namespace castalia {

// Gives what the body gives (arXiv 1604.06174). What the body computes from `inputs` is not kept
// for the gradient: the backward pass computes it again from them, with the same bits. Parameters
// and whatever else does not depend on `inputs` may be used as always. Only the returned values may
// be used outside: other uses keep memory, and gradients with respect to values inside are zero.
// Checkpoints nest, and can be differentiated again.
std::vector<Value> checkpoint(std::span<const Value> inputs,
                              const std::function<std::vector<Value>()>& body);
// The same for one input and one result.
Value checkpoint(Value input, const std::function<Value(Value)>& body);

}  // namespace castalia

#endif  // CASTALIA_CPP_AUTODIFF_CHECKPOINT_H_
