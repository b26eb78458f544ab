// The second pass of the compiler: which operators run together, in which order, on which tensors.
#ifndef CASTALIA_CPP_COMPILE_SCHEDULE_H_
#define CASTALIA_CPP_COMPILE_SCHEDULE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "cpp/graph/graph.h"

namespace castalia {

// A tensor that owns memory, and how many elements into it a view of it starts.
struct View {
  Value base;
  int64_t offset = 0;
};

// Follows reshapes, contiguous slices and the like to the tensor whose memory they show.
View view_of(Value value);

// What an element-wise step reads: the tensor, and its shape, which broadcasts to the step's.
// Explicit broadcasting is followed too.
struct Operand {
  View view;
  Shape shape;
};
Operand operand_of(Value value);

bool is_constant(Value value);
bool is_source(Value value);  // input, state or constant

// Whether a node is computed element by element, by a fused kernel.
bool is_elementwise(const Node& node);

// The shape of which both shapes join neighbouring axes, so that one walk through it meets the
// elements of each in order: [6, 10] and [2, 3, 10] have [2, 3, 10]. None where their axes do not
// nest.
std::optional<Shape> common_refinement(const Shape& a, const Shape& b);

// One step: element-wise nodes of one shape that are computed together, tile by tile; or one node
// with a kernel of its own, the head, and the element-wise nodes that the kernel computes with it:
// after it of its result, in that shape or others with a common refinement; or before it, of which
// it reads the last.
struct Group {
  std::vector<int> nodes;
  bool elementwise = false;
  size_t head = 0;  // its place among the nodes, where there is one

  // Whether the node at this place is computed element by element.
  bool is_fused(size_t place) const { return elementwise || place != head; }
};

// The tensor with memory that the node at this place of a group reads.
View read_by(const Graph& graph, const Group& group, size_t place, Value input);

struct ScheduledSteps {
  std::vector<Group> groups;
  // For each node the group that computes it, -1 for sources, views and what nobody needs.
  std::vector<int> group_of;
};

// Whether a node's kernel can compute element-wise nodes of its result, or of its operand.
struct KernelFusion {
  std::function<bool(const Node&)> takes_epilogue;
  std::function<bool(const Node&)> takes_prologue;
};

ScheduledSteps schedule(const Graph& graph, bool fuse, const KernelFusion& kernels);

}  // namespace castalia

#endif  // CASTALIA_CPP_COMPILE_SCHEDULE_H_
