// Networks that say how vectors move, and how their density changes with it.
#ifndef CASTALIA_CPP_PROB_VECTOR_FIELD_H_
#define CASTALIA_CPP_PROB_VECTOR_FIELD_H_

#include <cstdint>
#include <string>

#include "cpp/graph/graph.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/network.h"

namespace castalia {

struct VectorFieldOptions {
  // "mlp" and "residual" are networks of the whole vector. The others are of `particles` vectors of
  // equal length, one after another, and move with them when they change places: "sets" of each
  // particle and the mean of all (deep sets, arXiv:1703.06114), "graph" of all pairs, which turns
  // with the particles and does not see where they are as a whole nor moves that (E(n)-equivariant,
  // arXiv:2102.09844, as the fields of arXiv:2006.02425).
  std::string kind = "mlp";
  MlpOptions network = {};       // `outputs` and `zero_last` are not used: fields start as zero
  int64_t time_frequencies = 0;  // as many sines and cosines of the time besides itself
  int64_t particles = 1;
};

// dx/dt (rows, features) of the trace's type, from the time, float64 (rows, 1), x (rows, features)
// and the context (rows, any columns), both of the trace's type; the context may be null.
Value vector_field(Trace& trace, const VectorFieldOptions& options, Value time, Value x,
                   Value context);

// Whether a kind is equivariant under permutations of the particles, and whether it is under
// rotations and translations, too.
bool moves_with_permutations(const std::string& kind);
bool moves_with_rotations(const std::string& kind);

// x (rows, features) of so many particles less their mean, which has the features of one.
Value about_centre(Value x, int64_t particles);

// How a density that moves with a field changes, and how rough the field is there. float64 (rows,
// 1).
struct FieldTraces {
  Value divergence;  // the trace of dv/dx
  Value roughness;   // |dv/dx|^2, the squares of all elements
};
// By a product with the Jacobian for each feature.
FieldTraces exact_traces(Value v, Value x);
// Unbiased, by one product with the probes, of x's type, whose elements are independent with mean 0
// and variance 1 (Hutchinson's estimator, arXiv:1810.01367).
FieldTraces estimated_traces(Value v, Value x, Value probes);

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_VECTOR_FIELD_H_
