// A flow with real and discrete latent variables, RAD (arXiv:1903.07714): bijections, and between
// them folds (cpp/prob/fold.h), which take several points to one.
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/prob/fold.h"
#include "models/catalogue.h"
#include "models/flow/bijection_chain.h"
#include "models/flow/flow_network.h"

namespace castalia {
namespace {

class RadFlow final : public FlowNetwork {
 public:
  explicit RadFlow(const Specification& s) : FlowNetwork(checked(s)) {
    const int64_t folds = s.integer("folds");
    BijectionPlace place{.features = features(),
                         .context_features = context_features(),
                         .domain = domain(),
                         .seed = s.seed(),
                         .number = 0};
    for (int64_t block = 0; block <= folds; ++block) {
      chains_.emplace_back("rad_flow.layers", s.texts("layers"), s.integer("repeat"), place);
      place.number += chains_.back().size();
      if (block < folds) folds_.emplace_back(conditioner_options(s), kPieceStage + block);
    }
  }

  // A latent vector and the pieces together make an event; the vector alone does not.
  bool can(Capability capability) const override {
    return capability == Capability::sample || capability == Capability::log_prob;
  }
  bool sample_is_differentiable() const override { return false; }

 protected:
  Mapped forward(Trace& trace, Value x, Value context) const override {
    Mapped through{x, {}};
    const auto pass = [&](const Mapped& next) {
      through = {next.value, added(through.log_abs_det, next.log_abs_det)};
    };
    for (size_t block = 0; block < chains_.size(); ++block) {
      const Trace::Part part(trace, text("block_", block));
      pass(chains_[block].forward(trace, through.value, context));
      if (block < folds_.size()) pass(folds_[block].forward(trace, through.value, context));
    }
    return through;
  }

  Mapped backward(Trace& trace, Value z, Value context) const override {
    Mapped through{z, {}};
    const auto pass = [&](const Mapped& next) {
      through = {next.value, added(through.log_abs_det, next.log_abs_det)};
    };
    for (size_t block = chains_.size(); block-- > 0;) {
      const Trace::Part part(trace, text("block_", block));
      if (block < folds_.size()) pass(folds_[block].backward(trace, through.value, context));
      pass(chains_[block].inverse(trace, through.value, context));
    }
    return through;
  }

 private:
  static const Specification& checked(const Specification& s) {
    if (s.text("tails") != "linear") {
      fail(Code::invalid_argument, "rad_flow.tails is '", s.text("tails"),
           "'; allowed: linear, as folds reach everywhere");
    }
    return s;
  }

  std::vector<BijectionChain> chains_;
  std::vector<Fold> folds_;  // one fewer
};

std::vector<Field> fields() {
  std::vector<Field> own = {
      {.name = "folds",
       .type = FieldType::integer,
       .default_value = "2",
       .meaning = "folds, with the layers before, between and behind them",
       .least = 1,
       .greatest = kFolds},
      {.name = "layers",
       .type = FieldType::text_list,
       .default_value = R"json(["act_norm", "coupling", "coupling(swap=true)"])json",
       .meaning = "the bijections of a block, from data to latent variables: each a name, or "
                  "'name(setting=value, ...)'; docs/flows.md lists them"},
      {.name = "repeat",
       .type = FieldType::integer,
       .default_value = "1",
       .meaning = "how many times a block goes through the list of layers, with parameters anew "
                  "each time",
       .least = 1,
       .greatest = 256}};
  for (Field& each : conditioner_fields()) {
    each.meaning += ": of the networks that say which piece of a fold it was";
    own.push_back(std::move(each));
  }
  return flow_fields(std::move(own));
}

}  // namespace

const Architecture& rad_flow_architecture() {
  static const Architecture architecture{
      .name = "rad_flow",
      .family = "flow",
      .summary = "flow with discrete latent variables, for densities of parts that lie apart",
      .description =
          "Learns the density of events of a fixed number of features, which may depend on a "
          "context, and draws from it. Between bijections stand folds, which take up to three "
          "points of each feature to one; a network says with which probabilities a latent point "
          "came from which. So modes that lie apart need no bridges between them, as those of a "
          "bijection do. Density and sampling both take one pass.",
      .fields = fields(),
      .capabilities = {Capability::sample, Capability::log_prob},
      .references = {"1903.07714"},
      .build = [](const Specification& specification) -> std::unique_ptr<Network> {
        return std::make_unique<RadFlow>(specification);
      },
      .examples = {R"json({"features": 1, "folds": 2, "layers": ["lu_linear"], "hidden": 8,
                       "hidden_layers": 1, "activation": "silu"})json",
                   R"json({"features": 2, "folds": 1, "hidden": 8, "activation": "tanh",
                       "layers": ["act_norm", "coupling(hidden=8, activation=silu)",
                                  "coupling(hidden=8, activation=silu, swap=true)"]})json",
                   R"json({"features": 3, "context_features": 1, "folds": 1, "hidden": 8,
                       "activation": "silu", "base": "mixture", "base_components": 2,
                       "layers": ["permutation", "coupling(transformer=affine, hidden=8)"]})json"},
  };
  return architecture;
}

}  // namespace castalia
