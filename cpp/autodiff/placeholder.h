// A value that stands for one that is not there yet.
#ifndef CASTALIA_CPP_AUTODIFF_PLACEHOLDER_H_
#define CASTALIA_CPP_AUTODIFF_PLACEHOLDER_H_

#include "cpp/graph/graph.h"

namespace castalia {

// Unlike any other value of the graph. Where it is computed all the same it is zero.
Value placeholder(Graph& graph, const TensorType& type);

}  // namespace castalia

#endif  // CASTALIA_CPP_AUTODIFF_PLACEHOLDER_H_
