// A normalising flow of coupling layers, arXiv:1605.08803, arXiv:1906.04032.
//
// A layer leaves one half of the features alone and maps the other element by element, by a
// transformer (cpp/prob/transformer.h) whose parameters a perceptron computes from the first half
// and the context. Both directions cost one pass.
#include <algorithm>
#include <numeric>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/transformer.h"
#include "models/catalogue.h"
#include "models/flow/flow_network.h"

namespace castalia {
namespace {

// Which features a layer leaves alone and which it maps.
struct Split {
  std::vector<int64_t> kept;
  std::vector<int64_t> mapped;
};

// What passes between layers: the two halves of a split. They stay apart while the next layer only
// swaps them, so that permutations cost few copies. The kept half is null when it has no features.
struct Halves {
  Value kept;
  Value mapped;
};

class CouplingFlow final : public FlowNetwork {
 public:
  explicit CouplingFlow(const Specification& specification)
      : FlowNetwork(specification),
        transformer_(make_transformer("coupling_flow", specification, domain())) {
    if (features() == 1 && context_features() == 0) {
      fail(Code::invalid_argument,
           "coupling_flow: features is 1 and context_features 0: a coupling needs a second feature "
           "or a context to be conditioned on");
    }
    conditioner_ = conditioner_options(specification);
    choose_splits(specification);
  }

 protected:
  Mapped forward(Trace& trace, Value x, Value context) const override {
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

  Mapped backward(Trace& trace, Value z, Value context) const override {
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

 private:
  // The layers' splits. "random" draws a split for each pair of layers, of which the second swaps
  // the halves: every feature is mapped once in two layers.
  void choose_splits(const Specification& s) {
    const std::string permutation_kind = s.text("permutation");
    const int64_t half = features() / 2;
    std::vector<int64_t> order(static_cast<size_t>(features()));
    std::iota(order.begin(), order.end(), int64_t{0});
    for (int64_t layer = 0; layer < s.integer("layers"); ++layer) {
      if (permutation_kind == "random" && layer % 2 == 0) {
        order = castalia::permutation(s.seed(), kArchitectureStage, features(),
                                      static_cast<uint64_t>(layer));
      }
      Split split{{order.begin(), order.begin() + half}, {order.begin() + half, order.end()}};
      const bool swap = permutation_kind != "none" && layer % 2 == 1 && half > 0;
      if (swap) std::swap(split.kept, split.mapped);
      splits_.push_back(std::move(split));
    }
  }

  // The columns `wanted` of a tensor whose columns are the features `held`.
  static Value columns(Value tensor, const std::vector<int64_t>& held,
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
  static Halves rearranged(const Halves& halves, const Split& from, const Split& to) {
    if (from.kept == to.kept && from.mapped == to.mapped) return halves;
    if (from.kept == to.mapped && from.mapped == to.kept) return {halves.mapped, halves.kept};
    std::vector<int64_t> held = from.kept;
    held.insert(held.end(), from.mapped.begin(), from.mapped.end());
    const Value joined = halves.kept ? concat({halves.kept, halves.mapped}, 1) : halves.mapped;
    return {to.kept.empty() ? Value() : columns(joined, held, to.kept),
            columns(joined, held, to.mapped)};
  }

  Split in_order() const {
    Split all;
    all.mapped.resize(static_cast<size_t>(features()));
    std::iota(all.mapped.begin(), all.mapped.end(), int64_t{0});
    return all;
  }

  Value transformer_parameters(Trace& trace, const Split& split, Value kept, Value context) const {
    const Trace::Part part(trace, "conditioner");
    const Value seen = !kept ? context : context ? concat({kept, context}, 1) : kept;
    MlpOptions options = conditioner_;
    options.outputs = static_cast<int64_t>(split.mapped.size()) * transformer_.parameters();
    return mlp(trace, seen, options);
  }

  Transformer transformer_;
  MlpOptions conditioner_;
  std::vector<Split> splits_;
};

std::vector<Field> fields() {
  std::vector<Field> own = {
      {.name = "layers",
       .type = FieldType::integer,
       .default_value = "8",
       .meaning = "coupling layers",
       .least = 1,
       .greatest = 256},
      {.name = "permutation",
       .type = FieldType::text,
       .default_value = R"("random")",
       .meaning =
           "division of the features between layers: 'random' draws one for every two layers, "
           "which swap its halves; 'reverse' swaps the halves of one division; 'none' maps "
           "the second half alone",
       .choices = {"random", "reverse", "none"}},
  };
  for (const std::vector<Field>& more :
       {conditioner_fields(), transformer_fields("rational_quadratic_spline")}) {
    own.insert(own.end(), more.begin(), more.end());
  }
  return flow_fields(std::move(own));
}

}  // namespace

const Architecture& coupling_flow_architecture() {
  static const Architecture architecture{
      .name = "coupling_flow",
      .family = "flow",
      .summary = "normalising flow of coupling layers, by splines or other transformers",
      .description =
          "Learns the density of events of a fixed number of features, which may depend on a "
          "context, and draws from it. Each layer maps the elements of one half of the features "
          "by a transformer whose parameters a perceptron computes from the other half and the "
          "context: a rational-quadratic spline, or another map of those that `castalia models` "
          "lists, whose references they carry. Density and sampling both take one pass. With "
          "linear tails the data may lie anywhere; with tails 'none' they lie in a bounded domain, "
          "with tails 'circular' on a circle.",
      .fields = fields(),
      .capabilities = {Capability::sample, Capability::log_prob, Capability::transform,
                       Capability::inverse},
      .references = {"1906.04032", "1605.08803"},
      .build = [](const Specification& specification) -> std::unique_ptr<Network> {
        return std::make_unique<CouplingFlow>(specification);
      },
      .examples = {R"({"features": 3, "layers": 4, "hidden": 16})",
                   R"json({"features": 2, "context_features": 2, "layers": 3, "hidden": 8,
                       "permutation": "reverse", "activation": "silu", "bins": 5,
                       "preprocessing": ["log(12); standardise", "angle(0)"]})json",
                   R"({"features": 1, "context_features": 1, "layers": 2, "hidden": 8,
                       "hidden_layers": 1})",
                   R"({"features": 2, "layers": 3, "hidden": 8, "tails": "none",
                       "base": "uniform"})",
                   R"({"features": 2, "layers": 3, "hidden": 8, "tails": "circular",
                       "base": "uniform", "bins": 4})",
                   R"({"features": 2, "layers": 6, "hidden": 24, "activation": "silu",
                       "transformer": "additive"})",
                   R"({"features": 3, "layers": 3, "hidden": 8, "transformer": "affine",
                       "affine_scale": "sigmoid"})",
                   R"({"features": 2, "layers": 3, "hidden": 8, "transformer": "cubic_spline"})",
                   R"({"features": 2, "layers": 2, "hidden": 8, "transformer": "deep_sigmoid",
                       "sigmoids": 4})",
                   R"({"features": 2, "layers": 3, "hidden": 8, "transformer": "linear_spline"})",
                   R"({"features": 2, "context_features": 1, "layers": 2, "hidden": 8,
                       "transformer": "logistic_mixture", "sigmoids": 4})",
                   R"({"features": 2, "layers": 3, "hidden": 8,
                       "transformer": "quadratic_spline"})",
                   R"({"features": 2, "layers": 3, "hidden": 8,
                       "transformer": "rational_linear_spline"})",
                   R"({"features": 2, "layers": 3, "hidden": 8, "transformer": "squared"})",
                   R"({"features": 2, "layers": 2, "hidden": 8, "transformer": "sum_of_squares",
                       "polynomials": 2, "degree": 3})",
                   R"({"features": 2, "layers": 2, "hidden": 8, "integrand_units": 4,
                       "transformer": "unconstrained_monotonic", "integrand_nodes": 24})"},
  };
  return architecture;
}

}  // namespace castalia
