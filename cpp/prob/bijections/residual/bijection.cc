// The invertible residual network (arXiv:1811.00995, arXiv:1906.02735): y = x + g(x) with a
// perceptron g that is a contraction.
//
// It is one by construction: each weight is divided by an upper bound of its largest singular value
// where that is too large, and the activations have no slope above 1. So the product of the layers'
// bounds, the setting `contraction`, is one of g, and 1 + dg/dx has a positive determinant. That is
// computed exactly, from the dense Jacobians of the rows, which are products of the weights and the
// activations' slopes: for D features as much work as g for D rows, and a factorisation.
//
// The inverse iterates x = y - g(x) until it stands, which the bound makes sure of; its gradient is
// that of the implicit function, by the same Jacobians.
#include <cmath>

#include "cpp/autodiff/custom_gradient.h"
#include "cpp/autodiff/gradient.h"
#include "cpp/base/text.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/bijection.h"
#include "cpp/prob/bijections/contraction.h"
#include "cpp/prob/bijections/matrices.h"

namespace castalia {
namespace {

// The largest slope of silu is 1.0999.
constexpr double kSiluSlope = 1.1;

struct ResidualOptions {
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
    return {x + g.value, log_det(g)};
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
    return {x, negate(log_det(branch(layers, x)))};
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
      Value bias = trace.parameter("bias", {1, outputs}, Initializer::zeros);
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
      jacobian = jacobian * reshape(slope, Shape{rows, 1, weight.columns()});
    }
    return {a, jacobian};
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
       .greatest = 0.99}};
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
      .make = [](const std::string&, const FieldValues& values,
                 const BijectionPlace&) -> std::unique_ptr<const Bijection> {
        return std::make_unique<Residual>(
            ResidualOptions{.hidden = values.integer("hidden"),
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
                    .features = 1}},
  };
  return kind;
}

}  // namespace castalia
