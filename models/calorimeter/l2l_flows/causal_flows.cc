#include "models/calorimeter/l2l_flows/causal_flows.h"

#include <algorithm>
#include <utility>

#include "cpp/base/text.h"
#include "cpp/ops/ops.h"

namespace castalia {

CausalFlows::CausalFlows(Options options, const std::function<CellFlow(int64_t cells)>& flow)
    : options_(std::move(options)) {
  for (const int64_t count : options_.cells) flows_.push_back(flow(count));
}

Mapped CausalFlows::forward(Trace& trace, Value y, Value condition) const {
  return mapped(trace, y, condition, false);
}

Mapped CausalFlows::backward(Trace& trace, Value z, Value condition) const {
  return mapped(trace, z, condition, true);
}

Mapped CausalFlows::mapped(Trace& trace, Value all, Value condition, bool inverse) const {
  std::vector<Value> cells;  // the coordinates of the layers so far
  std::vector<Value> results;
  Value log_det;
  int64_t first = 0;
  for (size_t layer = 0; layer < flows_.size(); ++layer) {
    const Value own = slice(all, 1, first, first + options_.cells[layer]);
    first += options_.cells[layer];
    const Trace::Part part(trace, text("cells_", layer));
    const Value context = seen(trace, cells, condition);
    const auto apply = [&](const auto& flow) {
      return inverse ? flow.backward(trace, own, context) : flow.forward(trace, own, context);
    };
    const Mapped found = std::visit(apply, flows_[layer]);
    cells.push_back(inverse ? found.value : own);
    results.push_back(found.value);
    log_det = added(log_det, found.log_abs_det);
  }
  return {concat(results, 1), log_det};
}

// What the flow of a layer is conditioned on: the condition of all, and what a network of its own
// makes of the last layers before it.
Value CausalFlows::seen(Trace& trace, const std::vector<Value>& before, Value condition) const {
  const std::ptrdiff_t count =
      std::min(std::ssize(before), static_cast<std::ptrdiff_t>(options_.previous));
  if (count == 0) return condition;
  const Trace::Part part(trace, "embedding");
  const std::vector<Value> last(before.end() - count, before.end());
  return concat({condition, mlp(trace, concat(last, 1), options_.embedding)}, 1);
}

}  // namespace castalia
