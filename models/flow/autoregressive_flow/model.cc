// Masked and inverse autoregressive flows, arXiv:1705.07057 and arXiv:1606.04934, with any
// transformer.
#include <algorithm>
#include <numeric>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/autoregressive.h"
#include "models/catalogue.h"
#include "models/flow/flow_network.h"

namespace castalia {
namespace {

// Through the networks of an inverse flow in a training step: a graph of some ten thousand nodes.
constexpr int64_t kMostPasses = 512;

class AutoregressiveFlow final : public FlowNetwork {
 public:
  explicit AutoregressiveFlow(const Specification& s)
      : FlowNetwork(s),
        transformer_(make_transformer("autoregressive_flow", s, domain())),
        network_{.hidden = s.integer("hidden"),
                 .hidden_layers = s.integer("hidden_layers"),
                 .activation = s.text("activation"),
                 .degrees = s.text("degrees"),
                 .context_activation = s.boolean("context_activation")},
        fast_sampling_(s.text("direction") == "inverse") {
    if (network_.hidden_layers < 1) {
      fail(Code::out_of_range, "autoregressive_flow.hidden_layers is 0; allowed: 1 to 64");
    }
    choose_orders(s);
  }

  // The gradient goes through the passes one by one.
  int64_t passes() const { return features() * static_cast<int64_t>(orders_.size()); }

  bool sample_is_differentiable() const override {
    return FlowNetwork::sample_is_differentiable() && (fast_sampling_ || passes() <= kMostPasses);
  }

  Value loss(Trace& trace, Value x, Value context) override {
    if (fast_sampling_ && passes() > kMostPasses) {
      fail(Code::unsupported,
           "autoregressive_flow: direction 'inverse' learns from densities "
           "feature by feature: ",
           features(), " features in ", orders_.size(), " layers are ", passes(),
           " passes, more than ", kMostPasses, "; direction 'forward' learns from them at once");
    }
    return FlowNetwork::loss(trace, x, context);
  }

 protected:
  Mapped forward(Trace& trace, Value x, Value context) const override {
    Value log_det;
    for (size_t layer = 0; layer < orders_.size(); ++layer) {
      const Mapped mapped =
          step(trace, layer, rearranged(x, orders_[layer]), context, fast_sampling_);
      x = mapped.value;
      log_det = added(log_det, mapped.log_abs_det);
    }
    return {x, log_det};
  }

  Mapped backward(Trace& trace, Value z, Value context) const override {
    Value log_det;
    for (size_t layer = orders_.size(); layer-- > 0;) {
      const Mapped mapped = step(trace, layer, z, context, !fast_sampling_);
      z = rearranged(mapped.value, inverted(orders_[layer]));
      log_det = added(log_det, mapped.log_abs_det);
    }
    return {z, log_det};
  }

 private:
  using Order = std::vector<int64_t>;

  static Value rearranged(Value x, const Order& order) {
    return std::is_sorted(order.begin(), order.end()) ? x : take(x, order);
  }

  static Order inverted(const Order& order) {
    Order back(order.size());
    for (size_t i = 0; i < order.size(); ++i) {
      back[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
    }
    return back;
  }

  // The order of the features in each layer, relative to the one before.
  void choose_orders(const Specification& s) {
    const std::string kind = s.text("order");
    for (int64_t layer = 0; layer < s.integer("layers"); ++layer) {
      Order order(static_cast<size_t>(features()));
      std::iota(order.begin(), order.end(), int64_t{0});
      if (layer > 0 && kind == "reverse") std::reverse(order.begin(), order.end());
      if (layer > 0 && kind == "random") {
        order = permutation(s.seed(), kArchitectureStage, features(), static_cast<uint64_t>(layer));
      }
      orders_.push_back(std::move(order));
    }
  }

  // A layer in the direction that its network computes at once, or in the other.
  Mapped step(Trace& trace, size_t layer, Value x, Value context, bool backward) const {
    const Trace::Part part(trace, text("layer_", layer));
    const AutoregressiveNetwork network =
        autoregressive_network(trace, features(), context, transformer_.parameters(), network_);
    return backward ? autoregressive_backward(network, transformer_, x)
                    : autoregressive_forward(network, transformer_, x);
  }

  Transformer transformer_;
  AutoregressiveOptions network_;
  bool fast_sampling_;
  std::vector<Order> orders_;
};

std::vector<Field> autoregressive_fields() {
  std::vector<Field> own = {
      {.name = "layers",
       .type = FieldType::integer,
       .default_value = "5",
       .meaning = "autoregressive layers",
       .least = 1,
       .greatest = 256},
      {.name = "order",
       .type = FieldType::text,
       .default_value = R"("reverse")",
       .meaning =
           "order of the features in a layer relative to the one before: 'reverse', 'random' "
           "draws one, 'none' keeps it",
       .choices = {"reverse", "random", "none"}},
      {.name = "direction",
       .type = FieldType::text,
       .default_value = R"("forward")",
       .meaning = "what the networks see: 'forward' the data (MAF), so that densities are computed "
                  "at once, 'inverse' the latent variables (IAF), so that samples are; the other "
                  "direction takes one pass, too, feature by feature",
       .choices = {"forward", "inverse"}},
      {.name = "degrees",
       .type = FieldType::text,
       .default_value = R"("even")",
       .meaning = "how many features the hidden units see: 'even' spreads the units over all "
                  "numbers of use, 'cyclic' counts 1, 2, ... again and again",
       .choices = {"even", "cyclic"}},
      {.name = "context_activation",
       .type = FieldType::boolean,
       .default_value = "false",
       .meaning = "the context passes the activation before it joins the first hidden layer"}};
  for (const std::vector<Field>& more :
       {conditioner_fields(), transformer_fields("rational_quadratic_spline")}) {
    own.insert(own.end(), more.begin(), more.end());
  }
  return flow_fields(std::move(own));
}

}  // namespace

const Architecture& autoregressive_flow_architecture() {
  static const Architecture architecture{
      .name = "autoregressive_flow",
      .family = "flow",
      .summary = "masked or inverse autoregressive flow",
      .description =
          "Learns the density of events of a fixed number of features, which may depend on a "
          "context, and draws from it. Each layer maps every feature by a transformer whose "
          "parameters a masked network computes from the features before it and the context. Both "
          "directions cost about one pass through the network: the slow one computes each hidden "
          "unit once, when the features that it sees are known.",
      .fields = autoregressive_fields(),
      .capabilities = {Capability::sample, Capability::log_prob, Capability::transform,
                       Capability::inverse},
      .references = {"1705.07057", "1606.04934", "1502.03509"},
      .build = [](const Specification& specification) -> std::unique_ptr<Network> {
        return std::make_unique<AutoregressiveFlow>(specification);
      },
      .examples = {R"({"features": 3, "layers": 3, "hidden": 16})",
                   R"({"features": 2, "context_features": 2, "layers": 2, "hidden": 8,
                       "order": "random", "activation": "silu", "bins": 5,
                       "degrees": "cyclic", "context_activation": true})",
                   R"({"features": 3, "context_features": 1, "layers": 2, "hidden": 9,
                       "hidden_layers": 1, "direction": "inverse", "activation": "elu"})",
                   R"({"features": 2, "layers": 2, "hidden": 8, "tails": "none",
                       "base": "uniform", "order": "none"})",
                   R"({"features": 20, "layers": 2, "hidden": 30, "transformer": "cubic_spline"})"},
  };
  return architecture;
}

}  // namespace castalia
