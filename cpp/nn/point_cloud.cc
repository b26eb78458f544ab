#include "cpp/nn/point_cloud.h"

#include "cpp/base/status.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

// (rows, particles, features) as a matrix of particles, and back.
Value as_matrix(Value particles) {
  return reshape(particles,
                 Shape{particles.shape()[0] * particles.shape()[1], particles.columns()});
}

Value as_cloud(Value matrix, const Value& like) {
  return reshape(matrix, Shape{like.shape()[0], like.shape()[1], matrix.columns()});
}

}  // namespace

Value particle_linear(Trace& trace, const std::string& name, Value particles, int64_t outputs,
                      Initializer weight) {
  return as_cloud(linear(trace, name, as_matrix(particles), outputs, weight), particles);
}

Value pooled(const Cloud& cloud, double sum_scale) {
  const Shape shape{cloud.particles.shape()[0], cloud.particles.columns()};
  const auto over_particles = [&](Value x) { return sum(x, {1}, false); };
  if (!cloud.mask) {
    const Value total = over_particles(cloud.particles);
    const auto count = static_cast<double>(cloud.particles.shape()[1]);
    return concat({total * (count > 0 ? 1.0 / count : 0.0), total * sum_scale}, 1);
  }
  const Value total = over_particles(cloud.particles * cloud.mask);
  const Value one = cloud.particles.graph().scalar(1.0, total.dtype());
  return concat({total / maximum(over_particles(cloud.mask), one), total * sum_scale}, 1);
}

Cloud epic_layer(Trace& trace, const std::string& name, const Cloud& cloud,
                 const EpicOptions& options) {
  const Shape& shape = cloud.particles.shape();
  if (shape.rank() != 3 || cloud.global.shape().rank() != 2 || cloud.global.rows() != shape[0]) {
    fail(Code::shape_mismatch, "epic_layer: particles ", shape,
         " must be (rows, particles, features) and global ", cloud.global.shape(),
         " (rows, features) of as many rows");
  }
  const Trace::Part part(trace, name);
  const auto act = [&](Value x) { return activation(options.activation, x); };
  const Initializer he = Initializer::he_uniform;

  Value global = concat({pooled(cloud, options.sum_scale), cloud.global}, 1);
  global = act(linear(trace, "global_0", global, options.hidden, he));
  global = act(linear(trace, "global_1", global, cloud.global.columns(), he) + cloud.global);

  // A linear layer on each particle beside the global features: the part of the latter is computed
  // once a cloud.
  const Value from_global =
      linear(trace, "global_to_particles", global, options.hidden, Initializer::glorot_uniform);
  Value weight;
  {
    const Trace::Part inner(trace, "particles_0");
    weight = trace.parameter("weight", {cloud.particles.columns(), options.hidden}, he);
  }
  const Value from_particles =
      as_cloud(matmul(as_matrix(cloud.particles), weight), cloud.particles);
  const Value seen = act(from_particles + reshape(from_global, Shape{shape[0], 1, options.hidden}));
  Value particles =
      act(particle_linear(trace, "particles_1", seen, shape.back(), he) + cloud.particles);
  if (cloud.mask) particles = particles * cloud.mask;
  return {particles, global, cloud.mask};
}

}  // namespace castalia
