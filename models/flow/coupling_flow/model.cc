// A normalising flow of rational-quadratic coupling layers, arXiv:1906.04032.
//
// A layer leaves one half of the features alone and maps the other by splines whose parameters a
// perceptron computes from the first half and the context. Both directions cost one pass.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/density.h"
#include "cpp/prob/preprocessing.h"
#include "models/catalogue.h"

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

class CouplingFlow final : public Network {
 public:
  explicit CouplingFlow(const Specification& specification)
      : features_(specification.integer("features")),
        context_features_(specification.integer("context_features")),
        bounded_(specification.text("tails") == "none"),
        preprocessing_(features_, chains(specification), "x"),
        context_preprocessing_(context_features_, specification.texts("context_preprocessing"),
                               "context") {
    validate(specification);
    spline_.bins = specification.integer("bins");
    spline_.tails = specification.text("tails");
    spline_.upper = bounded_ ? 1.0 : specification.real("bound");
    spline_.lower = -spline_.upper;
    spline_.min_width = specification.real("min_bin_width");
    spline_.min_height = specification.real("min_bin_height");
    spline_.min_derivative = specification.real("min_derivative");
    conditioner_.hidden = specification.integer("hidden");
    conditioner_.hidden_layers = specification.integer("hidden_layers");
    conditioner_.activation = specification.text("activation");
    conditioner_.zero_last = true;
    choose_splits(specification);
  }

  int64_t features() const override { return features_; }
  int64_t context_features() const override { return context_features_; }
  bool can(Capability) const override { return true; }

  void fit_preprocessing(std::span<const double> x, std::span<const double> context) override {
    preprocessing_.fit(x);
    context_preprocessing_.fit(context);
    check_rows(x, context, 0);
  }

  void check_rows(std::span<const double> x, std::span<const double> context,
                  int64_t first_row) const override {
    preprocessing_.check(x, first_row, bounded_ ? spline_.upper : 0.0);
    context_preprocessing_.check(context, first_row);
  }

  std::string preprocessing_json() const override {
    return nlohmann::json{{"x", nlohmann::json::parse(preprocessing_.json())},
                          {"context", nlohmann::json::parse(context_preprocessing_.json())}}
        .dump();
  }

  void set_preprocessing_json(const std::string& text) override {
    const nlohmann::json stored = nlohmann::json::parse(text, nullptr, false);
    if (!stored.is_object() || !stored.contains("x") || !stored.contains("context")) {
      fail(Code::corrupt_file, "the stored preprocessing is not an object with x and context");
    }
    preprocessing_.set_json(stored["x"].dump());
    context_preprocessing_.set_json(stored["context"].dump());
  }

  bool fitted() const override {
    return preprocessing_.fitted() && context_preprocessing_.fitted();
  }

  void declare(Trace& trace) override {
    const auto rows = [&trace](const char* name, int64_t columns) {
      return trace.graph().input(name, {trace.dtype(), {1, columns}});
    };
    const Value context = context_features_ > 0 ? rows("context", context_features_) : Value();
    forward(trace, rows("x", features_), context);
  }

  Value loss(Trace& trace, Value x, Value context) override {
    return negate(log_prob(trace, x, context));
  }

  Value log_prob(Trace& trace, Value x, Value context) override {
    const Latent latent = to_latent(trace, x, context);
    if (bounded_) {
      return latent.log_det + (latent.constant + uniform_log_prob(features_, spline_.upper));
    }
    return normal_log_prob(latent.z) + latent.log_det + latent.constant;
  }

  Value sample(Trace& trace, int64_t rows, Value context) override {
    const Value z = bounded_ ? uniform_sample(trace, rows, features_, spline_.upper, kBaseStage)
                             : normal_sample(trace, rows, features_, kBaseStage);
    const Value y = backward(trace, z, prepared_context(trace, context)).first;
    return preprocessing_.inverse(cast(y, DType::float64)).values;
  }

  std::pair<Value, Value> transform(Trace& trace, Value x, Value context) override {
    const Latent latent = to_latent(trace, x, context);
    return {cast(latent.z, DType::float64), latent.log_det + latent.constant};
  }

  std::pair<Value, Value> inverse(Trace& trace, Value z, Value context) override {
    const auto [y, log_det] =
        backward(trace, cast(z, trace.dtype()), prepared_context(trace, context));
    const Preprocessing::Traced out = preprocessing_.inverse(cast(y, DType::float64));
    const Value total = out.log_det ? log_det + out.log_det : log_det;
    return {out.values, total + out.constant_log_det};
  }

 private:
  struct Latent {
    Value z;
    Value log_det;        // float64 (rows, 1)
    double constant = 0;  // to be added to it
  };

  // A bounded flow needs bounded data: without chains each column's range becomes the domain.
  static std::vector<std::string> chains(const Specification& s) {
    std::vector<std::string> given = s.texts("preprocessing");
    if (given.empty() && s.text("tails") == "none") {
      given.assign(static_cast<size_t>(s.integer("features")), "interval");
    }
    return given;
  }

  void validate(const Specification& s) const {
    const auto refuse = [](const auto&... parts) {
      fail(Code::invalid_argument, "coupling_flow: ", parts...);
    };
    if (features_ == 1 && context_features_ == 0) {
      refuse(
          "features is 1 and context_features 0: a coupling needs a second feature or a context "
          "to be conditioned on");
    }
    if (bounded_ && s.text("base") != "uniform") {
      refuse("tails 'none' makes a flow on a bounded domain, which needs base 'uniform'");
    }
    if (!bounded_ && s.text("base") != "normal") {
      refuse("base 'uniform' needs tails 'none': linear tails would carry events out of it");
    }
    const auto bins = static_cast<double>(s.integer("bins"));
    for (const char* field : {"min_bin_width", "min_bin_height"}) {
      if (s.real(field) * bins >= 1) {
        fail(Code::out_of_range, "coupling_flow.", field, " is ", s.real(field), "; allowed with ",
             bins, " bins: below ", 1 / bins);
      }
    }
    if (context_features_ == 0 && !s.texts("context_preprocessing").empty()) {
      refuse("context_preprocessing is given, but context_features is 0");
    }
  }

  // The layers' splits. "random" draws a split for each pair of layers, of which the second swaps
  // the halves: every feature is mapped once in two layers.
  void choose_splits(const Specification& s) {
    const std::string permutation_kind = s.text("permutation");
    const int64_t half = features_ / 2;
    std::vector<int64_t> order(static_cast<size_t>(features_));
    std::iota(order.begin(), order.end(), int64_t{0});
    for (int64_t layer = 0; layer < s.integer("layers"); ++layer) {
      if (permutation_kind == "random" && layer % 2 == 0) {
        order = castalia::permutation(s.seed(), kArchitectureStage, features_,
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
    all.mapped.resize(static_cast<size_t>(features_));
    std::iota(all.mapped.begin(), all.mapped.end(), int64_t{0});
    return all;
  }

  Value spline_parameters(Trace& trace, const Split& split, Value kept, Value context) const {
    const Trace::Part part(trace, "conditioner");
    const Value seen = !kept ? context : context ? concat({kept, context}, 1) : kept;
    MlpOptions options = conditioner_;
    options.outputs = static_cast<int64_t>(split.mapped.size()) * rq_spline_parameters(spline_);
    return mlp(trace, seen, options);
  }

  static Value total(Value log_det) { return sum(log_det, {1}, true, DType::float64); }

  // The layers from data to latent space, and their log-determinant.
  std::pair<Value, Value> forward(Trace& trace, Value x, Value context) const {
    Halves halves{{}, x};
    Split now = in_order();
    Value log_det;
    for (size_t layer = 0; layer < splits_.size(); ++layer) {
      const Trace::Part part(trace, text("coupling_", layer));
      const Split& split = splits_[layer];
      halves = rearranged(halves, now, split);
      const Value params = spline_parameters(trace, split, halves.kept, context);
      const RqSpline spline = rq_spline(halves.mapped, params, spline_);
      halves.mapped = spline.y;
      log_det = log_det ? log_det + total(spline.log_abs_det) : total(spline.log_abs_det);
      now = split;
    }
    return {rearranged(halves, now, in_order()).mapped, log_det};
  }

  // The same layers undone, from the last to the first. The parameters keep the names that they
  // have in forward(), which must have declared them.
  std::pair<Value, Value> backward(Trace& trace, Value z, Value context) const {
    Halves halves{{}, z};
    Split now = in_order();
    Value log_det;
    for (size_t layer = splits_.size(); layer-- > 0;) {
      const Trace::Part part(trace, text("coupling_", layer));
      const Split& split = splits_[layer];
      halves = rearranged(halves, now, split);
      const Value params = spline_parameters(trace, split, halves.kept, context);
      const RqSpline spline = rq_spline_inverse(halves.mapped, params, spline_);
      halves.mapped = spline.y;
      log_det = log_det ? log_det + total(spline.log_abs_det) : total(spline.log_abs_det);
      now = split;
    }
    return {rearranged(halves, now, in_order()).mapped, log_det};
  }

  Value prepared_context(Trace& trace, Value context) const {
    if (context_features_ == 0) return {};
    return cast(context_preprocessing_.forward(context).values, trace.dtype());
  }

  Latent to_latent(Trace& trace, Value x, Value context) const {
    const Preprocessing::Traced in = preprocessing_.forward(x);
    const auto [z, log_det] =
        forward(trace, cast(in.values, trace.dtype()), prepared_context(trace, context));
    return {z, in.log_det ? log_det + in.log_det : log_det, in.constant_log_det};
  }

  int64_t features_;
  int64_t context_features_;
  bool bounded_;
  Preprocessing preprocessing_;
  Preprocessing context_preprocessing_;
  RqSplineOptions spline_;
  MlpOptions conditioner_;
  std::vector<Split> splits_;
};

std::vector<std::string> names_of_activations() {
  const std::span<const std::string> names = activation_names();
  return {names.begin(), names.end()};
}

std::vector<Field> fields() {
  return with_common_fields({
      {.name = "features",
       .type = FieldType::integer,
       .default_value = "",
       .meaning = "columns of the data",
       .least = 1,
       .greatest = 65536},
      {.name = "context_features",
       .type = FieldType::integer,
       .default_value = "0",
       .meaning = "columns of the context that the density is conditioned on",
       .least = 0,
       .greatest = 65536},
      {.name = "layers",
       .type = FieldType::integer,
       .default_value = "8",
       .meaning = "coupling layers",
       .least = 1,
       .greatest = 256},
      {.name = "hidden",
       .type = FieldType::integer,
       .default_value = "128",
       .meaning = "units in each hidden layer of a conditioner",
       .least = 1,
       .greatest = 65536},
      {.name = "hidden_layers",
       .type = FieldType::integer,
       .default_value = "2",
       .meaning = "hidden layers of a conditioner",
       .least = 0,
       .greatest = 64},
      {.name = "activation",
       .type = FieldType::text,
       .default_value = R"("relu")",
       .meaning = "activation function of the hidden layers",
       .choices = names_of_activations()},
      {.name = "bins",
       .type = FieldType::integer,
       .default_value = "8",
       .meaning = "bins of each spline",
       .least = 2,
       .greatest = 128},
      {.name = "bound",
       .type = FieldType::real,
       .default_value = "5.0",
       .meaning = "with linear tails: a spline acts on [-bound, bound], in units after "
                  "preprocessing; with tails 'none' the domain is [-1, 1]",
       .least = 0.01,
       .greatest = 1000},
      {.name = "tails",
       .type = FieldType::text,
       .default_value = R"("linear")",
       .meaning = "outside the splines' domain: 'linear' is the identity; 'none' is for data that "
                  "preprocessing brings into [-1, 1], and other data are an error",
       .choices = {"linear", "none"}},
      {.name = "base",
       .type = FieldType::text,
       .default_value = R"("normal")",
       .meaning = "density of the latent variables: 'normal' with linear tails, 'uniform' on "
                  "[-1, 1] with tails 'none'",
       .choices = {"normal", "uniform"}},
      {.name = "permutation",
       .type = FieldType::text,
       .default_value = R"("random")",
       .meaning =
           "division of the features between layers: 'random' draws one for every two layers, "
           "which swap its halves; 'reverse' swaps the halves of one division; 'none' maps "
           "the second half alone",
       .choices = {"random", "reverse", "none"}},
      {.name = "min_bin_width",
       .type = FieldType::real,
       .default_value = "0.001",
       .meaning = "least width of a bin as a fraction of the domain",
       .least = 1e-6,
       .greatest = 0.5},
      {.name = "min_bin_height",
       .type = FieldType::real,
       .default_value = "0.001",
       .meaning = "least height of a bin as a fraction of the domain",
       .least = 1e-6,
       .greatest = 0.5},
      {.name = "min_derivative",
       .type = FieldType::real,
       .default_value = "0.001",
       .meaning = "least derivative at a knot",
       .least = 1e-6,
       .greatest = 0.5},
      {.name = "preprocessing",
       .type = FieldType::text_list,
       .default_value = "[]",
       .meaning =
           "one chain of steps a feature, such as 'log(1); standardise'; empty: standardise, "
           "or interval with tails 'none'"},
      {.name = "context_preprocessing",
       .type = FieldType::text_list,
       .default_value = "[]",
       .meaning = "the same for the columns of the context"},
  });
}

}  // namespace

const Architecture& coupling_flow_architecture() {
  static const Architecture architecture{
      .name = "coupling_flow",
      .family = "flow",
      .summary = "normalising flow of rational-quadratic coupling layers",
      .description =
          "Learns the density of events of a fixed number of features, which may depend on a "
          "context, and draws from it. Each layer maps one half of the features by monotone "
          "rational-quadratic splines whose knots a perceptron computes from the other half and "
          "the "
          "context. Density and sampling both take one pass. With linear tails the data may lie "
          "anywhere; with tails 'none' they lie in a bounded domain.",
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
                       "base": "uniform"})"},
  };
  return architecture;
}

}  // namespace castalia
