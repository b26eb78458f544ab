// What a graph computes of its states alone: once for as long as they keep their contents.
#ifndef CASTALIA_CPP_COMPILE_FIXED_PARTS_H_
#define CASTALIA_CPP_COMPILE_FIXED_PARTS_H_

#include "cpp/graph/graph.h"

namespace castalia {

// Divides a graph that assigns no state. What depends on states alone, such as a weight that is a
// direction times a length, moves to `fixed`, whose outputs it is; `rest` has a state of the same
// name in its place, and all that `source` computes. The name says how the value is computed of
// which states: graphs for other numbers of events that compute the same have the same names. What
// is larger than what it is computed of stays in `rest`. Both targets are empty; without such a
// part `fixed` gets no outputs.
void divide_fixed(const Graph& source, Graph& fixed, Graph& rest);

}  // namespace castalia

#endif  // CASTALIA_CPP_COMPILE_FIXED_PARTS_H_
