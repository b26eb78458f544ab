// Layers for sets of particles: what they compute does not depend on the particles' order.
#ifndef CASTALIA_CPP_NN_POINT_CLOUD_H_
#define CASTALIA_CPP_NN_POINT_CLOUD_H_

#include <cstdint>
#include <string>

#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"

namespace castalia {

// Clouds of particles with features of each particle, (rows, particles, features), and of the cloud
// as a whole, (rows, features). The mask, (rows, particles, 1), is 1 for a particle and 0 for a
// place that holds none; null where every place holds one.
struct Cloud {
  Value particles;
  Value global;
  Value mask;
};

// linear() for each particle: (rows, particles, inputs) to (rows, particles, outputs).
Value particle_linear(Trace& trace, const std::string& name, Value particles, int64_t outputs,
                      Initializer weight = Initializer::glorot_uniform);

// The mean and the sum over the particles of a cloud, the sum times `sum_scale`:
// (rows, 2 features). A cloud without particles has zeros.
Value pooled(const Cloud& cloud, double sum_scale);

struct EpicOptions {
  int64_t hidden = 128;     // between the two linear layers of either part
  double sum_scale = 0.01;  // keeps the sum over some hundred particles in the size of the mean
  std::string activation = "leaky_relu";
  bool weight_norm = false;  // weights are directions times lengths (arXiv:1602.07868)
};

// A dense layer of such a network, for each row or, of (rows, particles, inputs), for each particle.
Value epic_linear(Trace& trace, const std::string& name, Value x, int64_t outputs,
                  const EpicOptions& options);

// An equivariant point cloud layer, arXiv:2301.08128. The global features learn from the pooled
// particles and then each particle from the global features; both are added to what they were, so
// that all widths stay. Places without a particle hold zeros afterwards.
Cloud epic_layer(Trace& trace, const std::string& name, const Cloud& cloud,
                 const EpicOptions& options = {});

}  // namespace castalia

#endif  // CASTALIA_CPP_NN_POINT_CLOUD_H_
