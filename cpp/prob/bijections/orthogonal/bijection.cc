// A rotation, or a rotation and a reflection: a product of Householder reflections
// (arXiv:1611.09630).
#include <algorithm>

#include "cpp/ops/ops.h"
#include "cpp/prob/bijection.h"
#include "cpp/prob/bijections/matrices.h"

namespace castalia {
namespace {

class Orthogonal final : public Bijection {
 public:
  explicit Orthogonal(int64_t reflections) : reflections_(reflections) {}

  Mapped forward(Trace& trace, Value x, Value) const override {
    return {matmul(x, matrix(trace, x.columns())), unchanged_volume(x)};
  }

  Mapped inverse(Trace& trace, Value y, Value) const override {
    return {matmul(y, matrix(trace, y.columns()), false, true), unchanged_volume(y)};
  }

 private:
  Value matrix(Trace& trace, int64_t features) const {
    const int64_t count = reflections_ > 0 ? std::min(reflections_, features) : features;
    return reflections_product(
        trace.parameter("directions", {count, features}, Initializer::glorot_uniform));
  }

  static Value unchanged_volume(Value x) {
    return for_each_row(x.graph().scalar(0.0, DType::float64), x);
  }

  int64_t reflections_;
};

}  // namespace

const BijectionKind& orthogonal_bijection() {
  static const BijectionKind kind{
      .name = "orthogonal",
      .summary = "product of Householder reflections",
      .references = {"1611.09630"},
      .fields = {{.name = "reflections",
                  .type = FieldType::integer,
                  .default_value = "0",
                  .meaning = "how many, at most the features; 0: as many as features, which gives "
                             "every rotation (and, for an odd number, one reflection more)",
                  .least = 0,
                  .greatest = 65536}},
      .make = [](const std::string&, const FieldValues& values,
                 const BijectionPlace&) -> std::unique_ptr<const Bijection> {
        return std::make_unique<Orthogonal>(values.integer("reflections"));
      },
      .examples = {{.features = 5},
                   {.features = 2},
                   {.settings = R"({"reflections": 2})", .features = 3}},
  };
  return kind;
}

}  // namespace castalia
