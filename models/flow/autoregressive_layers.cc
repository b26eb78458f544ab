#include "models/flow/autoregressive_layers.h"

#include <algorithm>
#include <numeric>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

// Through the networks of an inverse flow in a training step: a graph of some ten thousand nodes.
constexpr int64_t kMostPasses = 512;

using Order = std::vector<int64_t>;

Value rearranged(Value x, const Order& order) {
  return std::is_sorted(order.begin(), order.end()) ? x : take(x, order);
}

Order inverted(const Order& order) {
  Order back(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    back[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
  }
  return back;
}

// The order of the features in each layer, relative to the one before.
std::vector<Order> chosen_orders(const AutoregressiveLayersOptions& options) {
  std::vector<Order> orders;
  for (int64_t layer = 0; layer < options.layers; ++layer) {
    Order order(static_cast<size_t>(options.features));
    std::iota(order.begin(), order.end(), int64_t{0});
    if (layer > 0 && options.order == "reverse") std::reverse(order.begin(), order.end());
    if (layer > 0 && options.order == "random") {
      order = permutation(options.seed, kArchitectureStage, options.features,
                          static_cast<uint64_t>(layer));
    }
    orders.push_back(std::move(order));
  }
  return orders;
}

}  // namespace

Field order_field(const std::string& subject) {
  return {.name = "order",
          .type = FieldType::text,
          .default_value = R"("reverse")",
          .meaning = "order of " + subject + ": 'reverse', 'random' draws one, 'none' keeps it",
          .choices = {"reverse", "random", "none"}};
}

Field degrees_field(const std::string& units) {
  return {.name = "degrees",
          .type = FieldType::text,
          .default_value = R"("even")",
          .meaning = "how many " + units +
                     " see: 'even' spreads the units over all numbers of use, 'cyclic' counts 1, "
                     "2, ... again and again",
          .choices = {"even", "cyclic"}};
}

AutoregressiveLayersOptions autoregressive_layers_options(const Specification& s,
                                                          int64_t features) {
  if (s.integer("hidden_layers") < 1) {
    fail(Code::out_of_range, s.architecture().name, ".hidden_layers is 0; allowed: 1 to 64");
  }
  return {.features = features,
          .layers = s.integer("layers"),
          .order = s.text("order"),
          .seed = s.seed(),
          .network = {.hidden = s.integer("hidden"),
                      .hidden_layers = s.integer("hidden_layers"),
                      .activation = s.text("activation"),
                      .degrees = s.text("degrees")}};
}

AutoregressiveLayers::AutoregressiveLayers(const AutoregressiveLayersOptions& options,
                                           const Transformer& transformer)
    : options_(options),
      transformer_(options.inverted ? transformer.inverted() : transformer),
      orders_(chosen_orders(options)) {}

Mapped AutoregressiveLayers::forward(Trace& trace, Value x, Value context) const {
  Value log_det;
  for (size_t layer = 0; layer < orders_.size(); ++layer) {
    const Mapped mapped =
        step(trace, layer, rearranged(x, orders_[layer]), context, options_.inverse);
    x = mapped.value;
    log_det = added(log_det, mapped.log_abs_det);
  }
  return {x, log_det};
}

Mapped AutoregressiveLayers::backward(Trace& trace, Value z, Value context) const {
  Value log_det;
  for (size_t layer = orders_.size(); layer-- > 0;) {
    const Mapped mapped = step(trace, layer, z, context, !options_.inverse);
    z = rearranged(mapped.value, inverted(orders_[layer]));
    log_det = added(log_det, mapped.log_abs_det);
  }
  return {z, log_det};
}

AutoregressiveLayers::Path AutoregressiveLayers::path(Trace& trace, Value start,
                                                      Value context) const {
  const size_t layers = orders_.size();
  Path path;
  path.variables.resize(layers);
  path.parameters.resize(layers);
  Value x = start;
  for (size_t i = 0; i < layers; ++i) {
    const size_t layer = options_.inverse ? layers - 1 - i : i;
    const Trace::Part part(trace, text("layer_", layer));
    if (!options_.inverse) path.variables[layer] = x = rearranged(x, orders_[layer]);
    path.parameters[layer] = network(trace, context).params(x);
    const Mapped mapped = transformer_.forward(x, path.parameters[layer]);
    path.log_det = added(path.log_det, row_total(mapped.log_abs_det));
    x = mapped.value;
    if (!options_.inverse) continue;
    path.variables[layer] = x;
    x = rearranged(x, inverted(orders_[layer]));
  }
  path.end = x;
  return path;
}

bool AutoregressiveLayers::backward_is_differentiable() const {
  return options_.inverse || passes() <= kMostPasses;
}

void AutoregressiveLayers::require_trainable(const std::string& owner) const {
  if (!options_.inverse || passes() <= kMostPasses) return;
  fail(Code::unsupported, owner,
       ": direction 'inverse' learns from densities feature by feature: ", options_.features,
       " features in ", options_.layers, " layers are ", passes(), " passes, more than ",
       kMostPasses, "; direction 'forward' learns from them at once");
}

AutoregressiveNetwork AutoregressiveLayers::network(Trace& trace, Value context) const {
  return autoregressive_network(trace, options_.features, context, transformer_.parameters(),
                                options_.network);
}

// A layer in the direction that its network computes at once, or in the other.
Mapped AutoregressiveLayers::step(Trace& trace, size_t layer, Value x, Value context,
                                  bool backward) const {
  const Trace::Part part(trace, text("layer_", layer));
  const AutoregressiveNetwork of_layer = network(trace, context);
  return backward ? autoregressive_backward(of_layer, transformer_, x)
                  : autoregressive_forward(of_layer, transformer_, x);
}

}  // namespace castalia
