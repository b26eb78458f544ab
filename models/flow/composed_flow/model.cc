// A normalising flow of any bijections one after another (cpp/prob/bijection.h): Glow
// (arXiv:1807.03039), residual (arXiv:1906.02735), planar (arXiv:1505.05770) and Sylvester flows
// (arXiv:1803.05649) are specifications of it.
#include "cpp/base/status.h"
#include "cpp/prob/bijection.h"
#include "models/catalogue.h"
#include "models/flow/bijection_chain.h"
#include "models/flow/flow_network.h"

namespace castalia {
namespace {

class ComposedFlow final : public FlowNetwork {
 public:
  explicit ComposedFlow(const Specification& specification)
      : FlowNetwork(specification),
        chain_("composed_flow.layers", specification.texts("layers"),
               specification.integer("repeat"),
               {.features = features(),
                .context_features = context_features(),
                .domain = domain(),
                .seed = specification.seed(),
                .number = 0}) {
    if (context_features() > 0 && specification.text("base") != "conditional_normal" &&
        !chain_.conditional()) {
      fail(Code::invalid_argument, "composed_flow.context_features is ", context_features(),
           ", but neither the layers nor the base depend on a context");
    }
  }

 protected:
  Mapped forward(Trace& trace, Value x, Value context) const override {
    return chain_.forward(trace, x, context);
  }
  Mapped backward(Trace& trace, Value z, Value context) const override {
    return chain_.inverse(trace, z, context);
  }

 private:
  BijectionChain chain_;
};

std::vector<Field> fields() {
  return flow_fields(
      {{.name = "layers",
        .type = FieldType::text_list,
        .default_value = R"(["act_norm", "permutation", "lu_linear", "coupling"])",
        .meaning = "the bijections that take data to latent variables, first to last: each a name, "
                   "or 'name(setting=value, ...)'; docs/flows.md lists them"},
       {.name = "repeat",
        .type = FieldType::integer,
        .default_value = "1",
        .meaning = "how many times the list of layers is gone through, with parameters anew each "
                   "time",
        .least = 1,
        .greatest = 256}});
}

}  // namespace

const Architecture& composed_flow_architecture() {
  static const Architecture architecture{
      .name = "composed_flow",
      .family = "flow",
      .summary = "normalising flow of any bijections one after another",
      .description =
          "Learns the density of events of a fixed number of features, which may depend on a "
          "context, and draws from it. The layers are listed by name and settings: linear maps, "
          "normalisations, permutations, couplings, planar, radial, Sylvester and residual layers. "
          "Density takes one pass; sampling takes one, too, but for residual layers, which "
          "are inverted by iteration. The latent density may be learned.",
      .fields = fields(),
      .capabilities = {Capability::sample, Capability::log_prob, Capability::transform,
                       Capability::inverse},
      .references = {"1410.8516", "1605.08803", "1807.03039", "1906.02735", "1505.05770",
                     "1803.05649"},
      .build = [](const Specification& specification) -> std::unique_ptr<Network> {
        return std::make_unique<ComposedFlow>(specification);
      },
      .examples =
          {// Glow: two channels of two sites.
           R"json({"features": 4, "repeat": 2, "layers": ["act_norm",
                   "invertible_convolution(channels=2)",
                   "coupling(hidden=8, split=alternating, activation=silu)",
                   "coupling(hidden=8, split=alternating, swap=true, activation=silu)"]})json",
           // A residual flow.
           R"json({"features": 2, "repeat": 3, "layers": ["act_norm",
                   "residual(hidden=16, contraction=0.8)"]})json",
           // The same with the estimated log-determinant.
           R"json({"features": 2, "repeat": 3, "layers": ["act_norm",
                   "residual(hidden=16, contraction=0.8, log_determinant=roulette)"]})json",
           // Planar and radial layers, conditional, over a mixture.
           R"json({"features": 2, "context_features": 1, "repeat": 4, "base": "mixture",
                   "base_components": 4, "layers": ["planar", "radial", "lu_linear"]})json",
           // A Sylvester flow over a Gaussian that depends on the context.
           R"json({"features": 3, "context_features": 2, "repeat": 3,
                   "base": "conditional_normal",
                   "layers": ["sylvester(directions=2)", "qr_linear", "orthogonal"]})json",
           // In a box.
           R"json({"features": 2, "tails": "none", "base": "uniform", "layers": ["elementwise",
                   "coupling(hidden=8)", "permutation(order=reverse)", "coupling(hidden=8)"]})json",
           // Without conditioners.
           R"json({"features": 1, "repeat": 3, "layers": ["lu_linear", "leaky_relu(slope=0.4)",
                   "elementwise(bins=4)"]})json"},
  };
  return architecture;
}

}  // namespace castalia
