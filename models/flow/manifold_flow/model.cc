// A flow on a manifold of fewer dimensions than the data, arXiv:2003.13913.
//
// The outer flow takes (preprocessed) data to coordinates (u, v) of which v is zero on the
// manifold: x = f(u, 0) is an injective map of the n coordinates u. The inner flow takes u to
// normal latent variables. On the manifold the density is that of u over sqrt(det J^T J), J is
// df/du.
#include "cpp/autodiff/jvp.h"
#include "cpp/base/status.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/density.h"
#include "models/catalogue.h"
#include "models/flow/bijection_chain.h"
#include "models/flow/flow_network.h"

namespace castalia {
namespace {

class ManifoldFlow final : public FlowNetwork {
 public:
  explicit ManifoldFlow(const Specification& s)
      : FlowNetwork(checked(s)),
        dimensions_(s.integer("dimensions")),
        outer_("manifold_flow.outer_layers", s.texts("outer_layers"), s.integer("outer_repeat"),
               place(s, features(), 0)),
        inner_("manifold_flow.inner_layers", s.texts("inner_layers"), s.integer("inner_repeat"),
               place(s, dimensions_, outer_.size())),
        rectangular_(s.text("likelihood") == "rectangular"),
        reconstruction_weight_(s.real("reconstruction_weight")) {
    if (context_features() > 0 && !outer_.conditional() && !inner_.conditional()) {
      fail(Code::invalid_argument, "manifold_flow.context_features is ", context_features(),
           ", but neither the outer nor the inner layers depend on a context");
    }
  }

  bool sample_is_differentiable() const override { return true; }

  // The distance to the projection, squared, and the density of the projection. With the latent
  // likelihood each flow learns from its own part: the outer one where the manifold lies, the inner
  // one how the projections are spread on it (the paper's two phases, taken together). With the
  // rectangular one (arXiv:2106.01413) both learn from the density on the manifold, too.
  Value loss(Trace& trace, Value x, Value context) override {
    const Value given = prepared_context(trace, context);
    const Value y = prepared(trace, x);
    const Value u = coordinates(trace, y, given);
    const Value distance = sum(square(cast(y - embedded(trace, u, given), DType::float64)), {1});
    const Value density =
        rectangular_ ? density_at(trace, u, given) : latent_density(trace, stop_gradient(u), given);
    return reconstruction_weight_ * distance - density;
  }

  // Of the projection, with respect to the volume of the manifold in the user's units.
  Value log_prob(Trace& trace, Value x, Value context) override {
    const Value given = prepared_context(trace, context);
    return density_at(trace, coordinates(trace, prepared(trace, x), given), given);
  }

  Value sample(Trace& trace, int64_t rows, Value context) override {
    const Value prepared = prepared_context(trace, context);
    return in_units(trace, drawn(trace, rows, prepared), prepared);
  }

  std::pair<Value, Value> sample_with_log_prob(Trace& trace, int64_t rows, Value context) override {
    const Value prepared = prepared_context(trace, context);
    const Value u = drawn(trace, rows, prepared);
    return {in_units(trace, u, prepared), density_at(trace, u, prepared)};
  }

 protected:
  // All of space: latent variables of the manifold and, behind them, what leads off it.
  Mapped forward(Trace& trace, Value x, Value context) const override {
    const Mapped outer = outer_forward(trace, x, context);
    const Mapped inner = inner_forward(trace, slice(outer.value, 1, 0, dimensions_), context);
    return {concat({inner.value, slice(outer.value, 1, dimensions_, features())}, 1),
            added(outer.log_abs_det, inner.log_abs_det)};
  }

  Mapped backward(Trace& trace, Value z, Value context) const override {
    const Mapped inner = inner_inverse(trace, slice(z, 1, 0, dimensions_), context);
    const Mapped outer = outer_inverse(
        trace, concat({inner.value, slice(z, 1, dimensions_, features())}, 1), context);
    return {outer.value, added(outer.log_abs_det, inner.log_abs_det)};
  }

 private:
  static const Specification& checked(const Specification& s) {
    const auto refuse = [](const auto&... parts) {
      fail(Code::invalid_argument, "manifold_flow.", parts...);
    };
    if (s.integer("dimensions") >= s.integer("features")) {
      refuse("dimensions is ", s.integer("dimensions"), ", but there are only ",
             s.integer("features"), " features: a manifold has fewer");
    }
    if (s.text("tails") != "linear") refuse("tails is '", s.text("tails"), "'; allowed: linear");
    if (s.text("base") != "normal") refuse("base is '", s.text("base"), "'; allowed: normal");
    return s;
  }

  BijectionPlace place(const Specification& s, int64_t columns, uint64_t number) const {
    return {.features = columns,
            .context_features = context_features(),
            .domain = domain(),
            .seed = s.seed(),
            .number = number};
  }

  Mapped outer_forward(Trace& trace, Value y, Value context) const {
    const Trace::Part part(trace, "outer");
    return outer_.forward(trace, y, context);
  }
  Mapped outer_inverse(Trace& trace, Value w, Value context) const {
    const Trace::Part part(trace, "outer");
    return outer_.inverse(trace, w, context);
  }
  Mapped inner_forward(Trace& trace, Value u, Value context) const {
    const Trace::Part part(trace, "inner");
    return inner_.forward(trace, u, context);
  }
  Mapped inner_inverse(Trace& trace, Value z, Value context) const {
    const Trace::Part part(trace, "inner");
    return inner_.inverse(trace, z, context);
  }

  // Of the projection of y onto the manifold, (rows, dimensions).
  Value coordinates(Trace& trace, Value y, Value context) const {
    return slice(outer_forward(trace, y, context).value, 1, 0, dimensions_);
  }

  // Preprocessed data on the manifold.
  Value embedded(Trace& trace, Value u, Value context) const {
    const Value zeros =
        broadcast_to(u.graph().scalar(0.0, u.dtype()), {u.rows(), features() - dimensions_});
    return outer_inverse(trace, concat({u, zeros}, 1), context).value;
  }

  Value in_units(Trace& trace, Value u, Value context) const {
    return preprocessing().inverse(cast(embedded(trace, u, context), DType::float64)).values;
  }

  Value drawn(Trace& trace, int64_t rows, Value context) const {
    return inner_inverse(trace, normal_sample(trace, rows, dimensions_, kBaseStage), context).value;
  }

  Value latent_density(Trace& trace, Value u, Value context) const {
    const Mapped inner = inner_forward(trace, u, context);
    return normal_log_prob(inner.value) + inner.log_abs_det;
  }

  // Float64 (rows, 1): half the logarithm of det J^T J is the growth of volume from u to x.
  Value density_at(Trace& trace, Value u, Value context) const {
    // A Jacobian is within one type: from and to float64, through the trace's.
    const Value wide = cast(u, DType::float64);
    const Value jacobian = row_jacobian(in_units(trace, cast(wide, trace.dtype()), context), wide);
    const Value gram = matmul(jacobian, jacobian, true, false);
    const Value volume = reshape(log_determinant(gram).log_abs, Shape{u.rows(), 1});
    return latent_density(trace, u, context) - 0.5 * volume;
  }

  int64_t dimensions_;
  BijectionChain outer_;
  BijectionChain inner_;
  bool rectangular_;
  double reconstruction_weight_;
};

std::vector<Field> manifold_fields() {
  const auto repeat = [](const char* name, const char* value, const char* meaning) {
    return Field{.name = name,
                 .type = FieldType::integer,
                 .default_value = value,
                 .meaning = meaning,
                 .least = 1,
                 .greatest = 256};
  };
  return flow_fields(
      {{.name = "dimensions",
        .type = FieldType::integer,
        .default_value = "1",
        .meaning = "of the manifold, fewer than features",
        .least = 1,
        .greatest = 64},
       {.name = "outer_layers",
        .type = FieldType::text_list,
        .default_value = R"(["lu_linear", "coupling"])",
        .meaning =
            "the bijections that straighten the manifold out, first to last: each a name, or "
            "'name(setting=value, ...)'; castalia bijections lists them"},
       repeat("outer_repeat", "6", "how many times the list of outer layers is gone through"),
       {.name = "inner_layers",
        .type = FieldType::text_list,
        .default_value = R"(["lu_linear", "elementwise"])",
        .meaning = "the bijections that take coordinates on the manifold to latent variables; with "
                   "two dimensions or more couplings can be among them"},
       repeat("inner_repeat", "2", "the same for the inner layers"),
       {.name = "likelihood",
        .type = FieldType::text,
        .default_value = R"("latent")",
        .meaning = "what is learned of the density: latent, by the inner flow alone; rectangular "
                   "(arXiv 2106.01413), on the manifold by both flows, at the cost of Jacobians",
        .choices = {"latent", "rectangular"}},
       {.name = "reconstruction_weight",
        .type = FieldType::real,
        .default_value = "50",
        .meaning = "weight of the squared distance to the manifold, after preprocessing, beside "
                   "minus the logarithm of the density",
        .least = 0,
        .greatest = 1e9}});
}

}  // namespace

const Architecture& manifold_flow_architecture() {
  static const Architecture architecture{
      .name = "manifold_flow",
      .family = "flow",
      .summary = "normalising flow on a manifold of fewer dimensions than the data",
      .description =
          "Learns a manifold near which the events lie, and their density on it. An outer flow "
          "maps "
          "the manifold to the first coordinates of a flat space, an inner flow these to normal "
          "latent variables. Samples lie on the manifold; log_prob is that of an event's "
          "projection, "
          "with respect to the manifold's volume. transform gives the latent variables first and "
          "the coordinates off the manifold after them; with these set to zero, inverse gives the "
          "projection, whose distance tells how far an event is from all that was learned.",
      .fields = manifold_fields(),
      .capabilities = {Capability::sample, Capability::log_prob, Capability::transform,
                       Capability::inverse},
      .references = {"2003.13913", "2106.01413"},
      .build = [](const Specification& specification) -> std::unique_ptr<Network> {
        return std::make_unique<ManifoldFlow>(specification);
      },
      .examples = {R"json({"features": 3, "dimensions": 1, "outer_repeat": 2,
                           "outer_layers": ["lu_linear",
                                            "coupling(hidden=8, activation=silu)"]})json",
                   R"json({"features": 3, "dimensions": 2, "context_features": 1,
                           "outer_repeat": 2, "likelihood": "rectangular",
                           "outer_layers": ["lu_linear",
                                            "coupling(hidden=8, activation=silu)"],
                           "inner_layers": ["coupling(hidden=8, activation=silu)"]})json"},
  };
  return architecture;
}

}  // namespace castalia
