// The Sylvester flow (arXiv:1803.05649): a planar flow of several directions at once,
//
//   y = x + Q R tanh(T Q' x + b)
//
// with M orthonormal directions Q and upper triangles R and T. The determinant is that of the
// M x M matrix 1 + diag(tanh') T R, which is triangular: the product of 1 + tanh' T_ii R_ii. The
// diagonals are kept within (-0.99, 0.99), so that every factor is positive.
//
// With p = T Q' x + b, what is known of y gives T Q' y + b = p + T R tanh(p), a triangular system:
// its last row is an equation for the last p alone, and so on upwards.
#include <algorithm>

#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/bijection.h"
#include "cpp/prob/bijections/matrices.h"
#include "cpp/prob/bijections/monotone_root.h"
#include "cpp/prob/bijections/positive.h"

namespace castalia {
namespace {

class Sylvester final : public Bijection {
 public:
  explicit Sylvester(int64_t directions) : directions_(directions) {}

  Mapped forward(Trace& trace, Value x, Value context) const override {
    const Parameters p = parameters(trace, x.columns(), context);
    const Value h = tanh(projections(p, x));
    return {x + moved(p, h), log_det(p, h)};
  }

  Mapped inverse(Trace& trace, Value y, Value context) const override {
    const Parameters p = parameters(trace, y.columns(), context);
    const Value product = matmul(p.t, p.r);
    const int64_t count = product.columns();
    Value known = projections(p, y);
    std::vector<Value> h(static_cast<size_t>(count));
    for (int64_t i = count - 1; i >= 0; --i) {
      const Value slope = slice(slice(product, 0, i, i + 1), 1, i, i + 1);
      const Value found = tanh(tanh_root(slice(known, 1, i, i + 1), slope));
      h[static_cast<size_t>(i)] = found;
      if (i == 0) break;
      // What this p adds to the rows above.
      const Value above = reshape(slice(slice(product, 0, 0, i), 1, i, i + 1), Shape{1, i});
      known = slice(known, 1, 0, i) - found * above;
    }
    const Value all = count == 1 ? h[0] : concat(h, 1);
    return {y - moved(p, all), negate(log_det(p, all))};
  }

 private:
  struct Parameters {
    Value q;         // (M, features), its rows orthonormal
    Value r, t;      // (M, M), upper
    Value diagonal;  // (1, M), of t r, above -1
    Value bias;      // (1, M), or (rows, M)
  };

  Parameters parameters(Trace& trace, int64_t features, Value context) const {
    const int64_t count = std::min(directions_, features);
    const auto triangle = [&](const char* name) {
      return unpacked_upper(trace.parameter(name, {count * (count + 1) / 2}, Initializer::zeros),
                            count);
    };
    const Value q = reflections_product(
        trace.parameter("directions", {count, features}, Initializer::glorot_uniform));
    const Value r = triangle("r");
    const Value t = triangle("t");
    const Value r_diagonal = below_one(diagonal_of(r));
    // Starts at 0.75: with both at zero neither had a gradient.
    const Value t_diagonal = below_one(1.0 + diagonal_of(t));
    Value bias = trace.parameter("bias", {1, count}, Initializer::zeros);
    if (context) bias = bias + linear(trace, "context", context, count, Initializer::zeros);
    return {slice(q, 0, 0, count), with_diagonal(r, r_diagonal), with_diagonal(t, t_diagonal),
            r_diagonal * t_diagonal, bias};
  }

  static Value projections(const Parameters& p, Value x) {
    return matmul(matmul(x, p.q, false, true), p.t, false, true) + p.bias;
  }

  static Value moved(const Parameters& p, Value h) {
    return matmul(matmul(h, p.r, false, true), p.q);
  }

  static Value log_det(const Parameters& p, Value h) {
    const Value wide = cast(h, DType::float64);
    const Value derivative = (1.0 - wide) * (1.0 + wide);
    return row_total(log1p(cast(p.diagonal, DType::float64) * derivative));
  }

  int64_t directions_;
};

}  // namespace

const BijectionKind& sylvester_bijection() {
  static const BijectionKind kind{
      .name = "sylvester",
      .summary = "moves along several directions by functions of projections on them",
      .references = {"1803.05649"},
      .fields = {{.name = "directions",
                  .type = FieldType::integer,
                  .default_value = "4",
                  .meaning = "how many, at most the features; more count as so many",
                  .least = 1,
                  .greatest = 1024}},
      .conditional = true,
      .analytic_inverse = false,
      .make = [](const std::string&, const FieldValues& values,
                 const BijectionPlace&) -> std::unique_ptr<const Bijection> {
        return std::make_unique<Sylvester>(values.integer("directions"));
      },
      .examples = {{.settings = R"({"directions": 1})", .features = 2},
                   {.settings = R"({"directions": 2})", .features = 4},
                   {.features = 2, .context_features = 1}},
  };
  return kind;
}

}  // namespace castalia
