// The maps of events onto events among which a symmetry is looked for.
#ifndef CASTALIA_MODELS_ADVERSARIAL_SYMMETRY_GAN_TRANSFORMATION_H_
#define CASTALIA_MODELS_ADVERSARIAL_SYMMETRY_GAN_TRANSFORMATION_H_

#include <cstdint>
#include <utility>

#include "cpp/graph/graph.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/network.h"

namespace castalia {

// Each takes y (rows, columns) of any floating type and gives the mapped rows, of that type, with
// the logarithm of |det| of the Jacobian, float64 (rows, 1). Parameters start at random, so that
// the identity is a start like any other.

// The first 2 `planes` columns are coordinates of planes, two by two, each of which is turned by an
// angle of its own, or all by one; the others stay. The parameter is "turns", from -1 to 1 of pi in
// the beginning.
struct Rotation {
  int64_t planes = 1;
  bool shared = false;  // one angle for all planes

  std::pair<Value, Value> apply(Trace& trace, Value y) const { return turned(trace, y, 1); }
  std::pair<Value, Value> undo(Trace& trace, Value y) const { return turned(trace, y, -1); }

 private:
  std::pair<Value, Value> turned(Trace& trace, Value y, double sign) const;
};

// y times "matrix", plus "shift" where there is one.
struct LinearMap {
  bool shifts = false;

  std::pair<Value, Value> apply(Trace& trace, Value y) const;
  std::pair<Value, Value> undo(Trace& trace, Value y) const;
};

// A multi-layer perceptron, whose Jacobian is computed in full: for few columns.
inline constexpr int64_t kMostDenseColumns = 32;
struct DenseMap {
  MlpOptions options;

  std::pair<Value, Value> apply(Trace& trace, Value y) const;
};

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_SYMMETRY_GAN_TRANSFORMATION_H_
