// Bijections that multiply by an invertible matrix.
#ifndef CASTALIA_CPP_PROB_BIJECTIONS_LINEAR_LAYER_H_
#define CASTALIA_CPP_PROB_BIJECTIONS_LINEAR_LAYER_H_

#include "cpp/ops/ops.h"
#include "cpp/prob/bijection.h"
#include "cpp/prob/bijections/matrices.h"

namespace castalia {

// y = x M + b, where `make` traces M; the parameter "bias" is first zero.
class LinearLayer : public Bijection {
 public:
  using MakeMatrix = InvertibleMatrix (*)(Trace& trace, int64_t n);
  explicit LinearLayer(MakeMatrix make) : make_(make) {}

  Mapped forward(Trace& trace, Value x, Value) const override {
    const InvertibleMatrix m = make_(trace, x.columns());
    return {matmul(x, m.matrix) + bias(trace, x.columns()), for_each_row(m.log_abs_det, x)};
  }

  Mapped inverse(Trace& trace, Value y, Value) const override {
    const InvertibleMatrix m = make_(trace, y.columns());
    return {matmul(y - bias(trace, y.columns()), m.inverse),
            for_each_row(negate(m.log_abs_det), y)};
  }

 private:
  static Value bias(Trace& trace, int64_t features) {
    return trace.parameter("bias", {1, features}, Initializer::zeros);
  }

  MakeMatrix make_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_BIJECTIONS_LINEAR_LAYER_H_
