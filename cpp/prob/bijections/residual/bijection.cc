// The invertible residual network (arXiv:1811.00995, arXiv:1906.02735): y = x + g(x) with a
// perceptron g that is a contraction.
//
// It is one by construction: each weight is divided by an upper bound of its largest singular value
// where that is too large, and the activations have no slope above 1. So the product of the layers'
// bounds, the setting `contraction`, is one of g, and 1 + dg/dx has a positive determinant. That is
// computed exactly, from the dense Jacobians of the rows, which are products of the weights and the
// activations' slopes: for D features as much work as g for D rows, and a factorisation. Or its
// logarithm is estimated, by probes of the trace of the power series (neumann_series): in training
// with a series that stops at random, which leaves no bias, outside it, where a density has no
// chance in it, with fixed probes and a series that is cut off where the rest is below kSeriesRest.
//
// The inverse iterates x = y - g(x) until it stands, which the bound makes sure of; its gradient is
// that of the implicit function, by the same Jacobians.
#include <cmath>

#include "cpp/autodiff/custom_gradient.h"
#include "cpp/autodiff/gradient.h"
#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/bijection.h"
#include "cpp/prob/bijections/contraction.h"
#include "cpp/prob/bijections/matrices.h"

namespace castalia {
namespace {

// The largest slope of silu is 1.0999.
constexpr double kSiluSlope = 1.1;

// Terms of the series that are there for sure; each further one follows with the chance
// `contraction`, with which the terms fall off: their weights stay bounded, and so does their
// variance.
constexpr int64_t kSureTerms = 4;
// Of the logarithm of the determinant, for each feature.
constexpr double kSeriesRest = 1e-6;

enum class Determinant { exact, roulette, series };

struct ResidualOptions {
  Determinant log_determinant;
  int64_t probes;
  uint64_t seed;    // of the fixed probes
  uint64_t number;  // of the bijection in its flow
  int64_t hidden;
  int64_t hidden_layers;
  std::string activation;
  double contraction;
};

class Residual final : public Bijection {
 public:
  explicit Residual(const ResidualOptions& options) : options_(options) {}

  Mapped forward(Trace& trace, Value x, Value context) const override {
    const Layers layers = read(trace, x.columns(), context);
    const Branch g = branch(layers, x);
    const bool training = bool(trace.seed);
    const bool exact = options_.log_determinant == Determinant::exact ||
                       (options_.log_determinant == Determinant::roulette && !training);
    return {x + g.value, exact ? log_det(g) : estimate(trace, layers, g, training)};
  }

  Mapped inverse(Trace& trace, Value y, Value context) const override {
    const Layers layers = read(trace, y.columns(), context);
    const Value found = contraction_inverse(y, layers.weights, layers.biases, options_.activation,
                                            options_.contraction);
    std::vector<Value> given = {y};
    given.insert(given.end(), layers.weights.begin(), layers.weights.end());
    given.insert(given.end(), layers.biases.begin(), layers.biases.end());
    const auto residual = [&](Value x) { return x + branch(layers, x).value - y; };
    const auto solve_transposed = [&](Value, Value x, Value cotangent) {
      const Shape column{x.rows(), x.columns(), 1};
      const Value jacobian = jacobian_of_sum(branch(layers, x));
      return reshape(solve(jacobian, reshape(cotangent, column)), x.shape());
    };
    const Value x = implicit_root(found, given, residual, solve_transposed);
    const Branch g = branch(layers, x);
    const bool series = options_.log_determinant == Determinant::series;
    return {x, negate(series ? estimate(trace, layers, g, false) : log_det(g))};
  }

 private:
  // The layers of g as they multiply: contracted. The first bias holds what the context adds.
  struct Layers {
    std::vector<Value> weights;
    std::vector<Value> biases;
  };

  // g, and its transposed Jacobians (rows, features, features): [row, i, j] is the derivative of
  // g_j with respect to x_i.
  struct Branch {
    Value value;
    Value jacobian;
    std::vector<Value> slopes;  // of the activations, (rows, hidden)
  };

  Layers read(Trace& trace, int64_t features, Value context) const {
    Layers layers;
    const int64_t count = options_.hidden_layers + 1;
    const double each = std::pow(options_.contraction, 1.0 / static_cast<double>(count));
    int64_t inputs = features;
    for (int64_t layer = 0; layer < count; ++layer) {
      const Trace::Part part(trace, text("linear_", layer));
      const bool last = layer + 1 == count;
      const int64_t outputs = last ? features : options_.hidden;
      const Value weight = trace.parameter("weight", {inputs, outputs},
                                           last ? Initializer::zeros : Initializer::glorot_uniform);
      Value bias = trace.parameter("bias", {1, outputs},
                                   last ? Initializer::zeros : Initializer::bias_uniform, inputs);
      if (layer == 0 && context) {
        const Value seen =
            trace.parameter("context", {context.columns(), outputs}, Initializer::glorot_uniform);
        bias = bias + matmul(context, seen);
      }
      layers.weights.push_back(contracted(weight, each));
      layers.biases.push_back(bias);
      inputs = outputs;
    }
    return layers;
  }

  // What is not used of it is not computed.
  Branch branch(const Layers& layers, Value x) const {
    const int64_t rows = x.rows();
    const int64_t features = x.columns();
    Value a = x;
    Value jacobian;
    std::vector<Value> slopes;
    for (size_t layer = 0; layer < layers.weights.size(); ++layer) {
      const Value weight = layers.weights[layer];
      const Shape flat{rows * features, weight.rows()};
      const Shape matrices{rows, features, weight.columns()};
      a = matmul(a, weight) + layers.biases[layer];
      jacobian = jacobian ? reshape(matmul(reshape(jacobian, flat), weight), matrices)
                          : broadcast_to(weight, matrices);
      if (layer + 1 == layers.weights.size()) break;
      const Value before = a;
      a = activated(before);
      const Value ones = broadcast_to(x.graph().scalar(1.0, x.dtype()), a.shape());
      const Value slope = vjp({&a, 1}, {&ones, 1}, {&before, 1})[0];
      slopes.push_back(slope);
      jacobian = jacobian * reshape(slope, Shape{rows, 1, weight.columns()});
    }
    return {a, jacobian, slopes};
  }

  Value activated(Value x) const {
    if (options_.activation == "lipswish") return silu(x) / kSiluSlope;
    return activation(options_.activation, x);
  }

  static Value jacobian_of_sum(const Branch& g) {
    return g.jacobian + identity_matrix(g.jacobian.graph(), g.value.columns(), g.value.dtype());
  }

  static Value log_det(const Branch& g) {
    const Value log_abs = log_determinant(cast(jacobian_of_sum(g), DType::float64)).log_abs;
    return reshape(log_abs, Shape{g.value.rows(), 1});
  }

  // The mean over the probes, float64 (rows, 1). Its gradient is y dM v^T, with y and v held fixed.
  Value estimate(Trace& trace, const Layers& layers, const Branch& g, bool training) const {
    Graph& graph = trace.graph();
    const int64_t rows = g.value.rows();
    const int64_t features = g.value.columns();
    const int64_t probes = options_.probes;
    const DType dtype = trace.dtype();
    const Shape apart{rows * probes, features};
    Value v;
    Value u = broadcast_to(graph.scalar(1.0, dtype), {rows * probes, 1});
    int64_t sure = kSureTerms;
    if (training) {
      const auto number = static_cast<int64_t>(options_.number);
      v = reshape(random_rademacher(trace.seed, trace.first_event, rows, probes * features,
                                    kProbeStage + number, dtype),
                  apart);
      u = cast(reshape(random_uniform(trace.seed, trace.first_event, rows, probes,
                                      kRouletteStage + number, DType::float64),
                       Shape{rows * probes, 1}),
               dtype);
    } else {
      v = reshape(broadcast_to(fixed_probes(graph, features, dtype), {rows, probes * features}),
                  apart);
      sure = series_terms();
    }
    const auto of_each_probe = [&](Value slope) {
      const int64_t width = slope.columns();
      return reshape(broadcast_to(reshape(slope, Shape{rows, 1, width}), {rows, probes, width}),
                     Shape{rows * probes, width});
    };
    std::vector<Value> slopes;
    for (const Value& slope : g.slopes) slopes.push_back(of_each_probe(slope));
    const auto [value, weights] =
        neumann_series(v, u, layers.weights, slopes, sure, options_.contraction);
    Value pulled = stop_gradient(weights);
    for (size_t layer = 0; layer < layers.weights.size(); ++layer) {
      pulled = matmul(pulled, layers.weights[layer]);
      if (layer < slopes.size()) pulled = pulled * slopes[layer];
    }
    const Value surrogate = row_total(pulled * v);
    const Value estimates = with_slope_of(stop_gradient(value), surrogate);
    return mean(reshape(estimates, Shape{rows, probes}), {1}, true);
  }

  // The same for all rows, (1, probes * features).
  Value fixed_probes(Graph& graph, int64_t features, DType dtype) const {
    std::vector<double> probes(static_cast<size_t>(options_.probes * features));
    fill_uniform(Stream{options_.seed, 0, static_cast<uint16_t>(kProbeStage + options_.number), 0},
                 probes);
    for (double& probe : probes) probe = probe < 0.5 ? -1 : 1;
    return graph.constant({1, options_.probes * features}, dtype, probes);
  }

  // The rest of the series is below c^(k + 1) / ((k + 1) (1 - c)) for each feature.
  int64_t series_terms() const {
    const double c = options_.contraction;
    int64_t terms = kSureTerms;
    while (std::pow(c, terms + 1) / (static_cast<double>(terms + 1) * (1 - c)) > kSeriesRest) {
      ++terms;
    }
    return terms;
  }

  ResidualOptions options_;
};

std::vector<Field> residual_fields() {
  return {
      {.name = "hidden",
       .type = FieldType::integer,
       .default_value = "64",
       .meaning = "units in each hidden layer",
       .least = 1,
       .greatest = 4096},
      {.name = "hidden_layers",
       .type = FieldType::integer,
       .default_value = "2",
       .meaning = "hidden layers",
       .least = 1,
       .greatest = 16},
      {.name = "activation",
       .type = FieldType::text,
       .default_value = R"("lipswish")",
       .meaning = "activation function of the hidden layers, which has no slope above 1; "
                  "'lipswish' is silu / 1.1",
       .choices = {"lipswish", "elu", "tanh"}},
      {.name = "contraction",
       .type = FieldType::real,
       .default_value = "0.9",
       .meaning = "bound of the residual's Lipschitz constant; near 1 the layer can do more and "
                  "its inverse takes more iterations",
       .least = 0.05,
       .greatest = 0.99},
      {.name = "log_determinant",
       .type = FieldType::text,
       .default_value = R"("exact")",
       .meaning = "exact: from the dense Jacobian; roulette: in training an estimate without bias "
                  "by random probes and a series that stops at random, else exact; series: outside "
                  "training, too, an estimate, by fixed probes and a series cut off where its rest "
                  "is below 1e-6 a feature",
       .choices = {"exact", "roulette", "series"}},
      {.name = "probes",
       .type = FieldType::integer,
       .default_value = "1",
       .meaning = "probes that an estimate of the log-determinant is the mean of",
       .least = 1,
       .greatest = 4096}};
}

}  // namespace

const BijectionKind& residual_bijection() {
  static const BijectionKind kind{
      .name = "residual",
      .summary = "adds a perceptron that is a contraction",
      .references = {"1811.00995", "1906.02735", "2305.16173"},
      .fields = residual_fields(),
      .conditional = true,
      .analytic_inverse = false,
      .make = [](const std::string& owner, const FieldValues& values,
                 const BijectionPlace& place) -> std::unique_ptr<const Bijection> {
        const std::string kind = values.text("log_determinant");
        if (kind == "exact" && values.integer("probes") != 1) {
          fail(Code::invalid_argument, owner,
               ".probes is set, but log_determinant 'exact' has none; roulette and series do");
        }
        if (place.number >= kBijections) {
          fail(Code::out_of_range, owner, " is bijection ", place.number, "; at most ", kBijections,
               " are taken");
        }
        return std::make_unique<Residual>(
            ResidualOptions{.log_determinant = kind == "exact"      ? Determinant::exact
                                               : kind == "roulette" ? Determinant::roulette
                                                                    : Determinant::series,
                            .probes = values.integer("probes"),
                            .seed = place.seed,
                            .number = place.number,
                            .hidden = values.integer("hidden"),
                            .hidden_layers = values.integer("hidden_layers"),
                            .activation = values.text("activation"),
                            .contraction = values.real("contraction")});
      },
      .examples = {{.settings = R"({"hidden": 8, "contraction": 0.7})", .features = 3},
                   {.settings = R"({"hidden": 6, "hidden_layers": 1, "activation": "tanh",
                                    "contraction": 0.5})",
                    .features = 2,
                    .context_features = 2},
                   {.settings = R"({"hidden": 6, "activation": "elu", "contraction": 0.6})",
                    .features = 1},
                   {.settings = R"({"hidden": 6, "contraction": 0.5,
                                    "log_determinant": "roulette", "probes": 2})",
                    .features = 2}},
  };
  return kind;
}

}  // namespace castalia
