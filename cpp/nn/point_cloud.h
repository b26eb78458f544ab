// Layers for sets of particles: what they compute does not depend on the particles' order.
#ifndef CASTALIA_CPP_NN_POINT_CLOUD_H_
#define CASTALIA_CPP_NN_POINT_CLOUD_H_

#include <cstdint>
#include <string>
#include <vector>

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

// The particles with zeros in the places that hold none; the mask may be null.
Value masked(Value particles, Value mask);

// linear() for each particle: (rows, particles, inputs) to (rows, particles, outputs).
Value particle_linear(Trace& trace, const std::string& name, Value particles, int64_t outputs,
                      Initializer weight = Initializer::glorot_uniform);

// The mean and the sum over the particles of a cloud, the sum times `sum_scale`:
// (rows, 2 features). A cloud without particles has zeros. Places without a particle must hold
// zeros.
Value pooled(const Cloud& cloud, double sum_scale);

struct EpicOptions {
  int64_t hidden = 128;     // between the two linear layers of either part
  double sum_scale = 0.01;  // keeps the sum over some hundred particles in the size of the mean
  std::string activation = "leaky_relu";
  bool weight_norm = false;  // weights are directions times lengths (arXiv:1602.07868)
};

// A dense layer of such a network, for each row or, of (rows, particles, inputs), for each
// particle.
Value epic_linear(Trace& trace, const std::string& name, Value x, int64_t outputs,
                  const EpicOptions& options);

// An equivariant point cloud layer, arXiv:2301.08128. The global features learn from the pooled
// particles and then each particle from the global features; both are added to what they were, so
// that all widths stay. Places without a particle must hold zeros, and hold them afterwards.
Cloud epic_layer(Trace& trace, const std::string& name, const Cloud& cloud,
                 const EpicOptions& options = {});

struct MessagePassingOptions {
  std::vector<int64_t> edge_layers = {96, 160, 192};  // outputs of the layers of the edge network
  std::vector<int64_t> node_layers = {256, 256};      // hidden layers of the node network
  bool mean = false;          // a node learns of the mean of its messages; false: of their sum
  double sum_scale = 1;       // times this
  bool distances = false;     // edges know the Euclidean distance of their two nodes' features
  double slope = 0.2;         // of the leaky ReLU behind every layer but the last
  double dropout = 0;         // share of a layer's results that is 0, where the trace has a seed
  int64_t dropout_stage = 0;  // the first layer's; one more for each layer behind it
};

// A layer of message passing on the complete graph of a cloud's particles, arXiv:2106.11535:
//   message from j to i = edge network(x_i, x_j, global)
//   x_i becomes           node network(x_i, sum of messages from all j, global)
// for j with a particle, i itself among them; to (rows, particles, outputs). What comes out at
// places without a particle has no meaning. The global features may be null.
// A cloud of n particles has n^2 messages: a forward pass takes some 2 n^2 (e1 e2 + e2 e3)
// operations for edge layers of e1, e2 and e3 units, and its memory is n^2 (e1 + e2 + e3) numbers.
// The first of them takes 4 n F e1 operations alone, F features of a particle: it is computed for
// each particle as the sender and as the receiver, and then added up for each pair.
Value message_passing_layer(Trace& trace, const std::string& name, const Cloud& cloud,
                            int64_t outputs, const MessagePassingOptions& options = {});

}  // namespace castalia

#endif  // CASTALIA_CPP_NN_POINT_CLOUD_H_
