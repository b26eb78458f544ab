#include "models/flow/coupling_layers.h"

#include <algorithm>
#include <numeric>

#include "cpp/base/philox.h"
#include "cpp/base/text.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"

namespace castalia {

CouplingLayers::CouplingLayers(const CouplingLayersOptions& options, const Transformer& transformer)
    : options_(options), transformer_(transformer) {
  const int64_t half = options.features / 2;
  std::vector<int64_t> order = in_order().mapped;
  for (int64_t layer = 0; layer < options.layers; ++layer) {
    if (options.permutation == "random" && layer % 2 == 0) {
      order = permutation(options.seed, kArchitectureStage, options.features,
                          static_cast<uint64_t>(layer));
    }
    Split split{{order.begin(), order.begin() + half}, {order.begin() + half, order.end()}};
    const bool swap = options.permutation != "none" && layer % 2 == 1 && half > 0;
    if (swap) std::swap(split.kept, split.mapped);
    splits_.push_back(std::move(split));
  }
}

Mapped CouplingLayers::forward(Trace& trace, Value x, Value context) const {
  Halves halves{{}, x};
  Split now = in_order();
  Value log_det;
  for (size_t layer = 0; layer < splits_.size(); ++layer) {
    const Trace::Part part(trace, text("coupling_", layer));
    const Split& split = splits_[layer];
    halves = rearranged(halves, now, split);
    const Value params = transformer_parameters(trace, split, halves.kept, context);
    const Mapped mapped = transformer_.forward(halves.mapped, params);
    halves.mapped = mapped.value;
    log_det = added(log_det, row_total(mapped.log_abs_det));
    now = split;
  }
  return {rearranged(halves, now, in_order()).mapped, log_det};
}

Mapped CouplingLayers::backward(Trace& trace, Value z, Value context) const {
  Halves halves{{}, z};
  Split now = in_order();
  Value log_det;
  for (size_t layer = splits_.size(); layer-- > 0;) {
    const Trace::Part part(trace, text("coupling_", layer));
    const Split& split = splits_[layer];
    halves = rearranged(halves, now, split);
    const Value params = transformer_parameters(trace, split, halves.kept, context);
    const Mapped mapped = transformer_.inverse(halves.mapped, params);
    halves.mapped = mapped.value;
    log_det = added(log_det, row_total(mapped.log_abs_det));
    now = split;
  }
  return {rearranged(halves, now, in_order()).mapped, log_det};
}

// The columns `wanted` of a tensor whose columns are the features `held`.
Value CouplingLayers::columns(Value tensor, const std::vector<int64_t>& held,
                              const std::vector<int64_t>& wanted) {
  if (held == wanted) return tensor;
  std::vector<int64_t> places;
  for (const int64_t feature : wanted) {
    const auto place = std::find(held.begin(), held.end(), feature);
    places.push_back(std::distance(held.begin(), place));
  }
  return take(tensor, places);
}

// Takes the halves of one split from those of another, which hold the same features.
CouplingLayers::Halves CouplingLayers::rearranged(const Halves& halves, const Split& from,
                                                  const Split& to) {
  if (from.kept == to.kept && from.mapped == to.mapped) return halves;
  if (from.kept == to.mapped && from.mapped == to.kept) return {halves.mapped, halves.kept};
  std::vector<int64_t> held = from.kept;
  held.insert(held.end(), from.mapped.begin(), from.mapped.end());
  const Value joined = halves.kept ? concat({halves.kept, halves.mapped}, 1) : halves.mapped;
  return {to.kept.empty() ? Value() : columns(joined, held, to.kept),
          columns(joined, held, to.mapped)};
}

CouplingLayers::Split CouplingLayers::in_order() const {
  Split all;
  all.mapped.resize(static_cast<size_t>(options_.features));
  std::iota(all.mapped.begin(), all.mapped.end(), int64_t{0});
  return all;
}

Value CouplingLayers::transformer_parameters(Trace& trace, const Split& split, Value kept,
                                             Value context) const {
  return coupling_parameters(trace, options_.conditioner, kept, context,
                             std::ssize(split.mapped) * transformer_.parameters());
}

}  // namespace castalia
