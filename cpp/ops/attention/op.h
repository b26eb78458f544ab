#ifndef CASTALIA_CPP_OPS_ATTENTION_OP_H_
#define CASTALIA_CPP_OPS_ATTENTION_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& attention_operator();

// Scaled dot-product attention (arXiv:1706.03762) of several heads, which share the last axis: head
// h of queries (rows, n, heads * width) has the columns [h * width, (h + 1) * width), and so have
// keys (rows, m, heads * width) and values (rows, m, heads * value_width). The result, (rows, n,
// heads * value_width), is the mean of the values with the weights
//   softmax over m of (query . key / sqrt(width) + bias), where the mask is not 0.
// mask and bias may be null; both broadcast to (rows, heads, n, m) and have four axes. No gradient
// flows to the mask. A query that sees nothing (all hidden, or with a bias of minus infinity) gives
// 0.
struct AttentionOptions {
  int64_t heads = 1;
  Value mask = {};
  Value bias = {};
};
Value attention(Value queries, Value keys, Value values, const AttentionOptions& options = {});

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ATTENTION_OP_H_
