#include "models/adversarial/epic_gan/epic_sides.h"

#include "cpp/base/text.h"
#include "cpp/ops/activation.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

// Of particles that are standardised: a cloud of one has none.
constexpr double kLeastVariance = 1e-3;

// The two dense layers that make a cloud's global features.
Value global_features(Trace& trace, Value known, const EpicSideOptions& options) {
  const EpicOptions& layer = options.layer;
  const auto act = [&](Value x) { return activation(layer.activation, x); };
  const Value hidden = act(epic_linear(trace, "global_in_0", known, layer.hidden, layer));
  return act(epic_linear(trace, "global_in_1", hidden, options.global_features, layer));
}

Value adaptively_normalised(Trace& trace, const Cloud& made, const EpicSideOptions& options) {
  const Value& x = made.particles;
  const Shape one{x.rows(), 1, x.columns()};
  const auto average = [&](Value values) {
    if (!made.mask) return mean(values, {1}, true);
    const Value mask = reshape(made.mask, Shape{values.rows(), values.shape()[1]});
    return reshape(masked_mean(values, mask), one);
  };
  Value known = made.global;
  for (const char* name : {"cloud_in_0", "cloud_in_1"}) {
    const EpicOptions& layer = options.layer;
    known = activation(layer.activation, epic_linear(trace, name, known, layer.hidden, layer));
  }
  const auto of_cloud = [&](const char* name) {
    return reshape(epic_linear(trace, name, known, x.columns(), options.layer), one);
  };
  const Value centred = x - average(x);
  const Value deviation = softplus(of_cloud("deviation"));
  return centred / sqrt(average(square(centred)) + kLeastVariance) * deviation + of_cloud("mean");
}

}  // namespace

Value epic_generator(Trace& trace, const Cloud& latent, int64_t features,
                     const EpicSideOptions& options) {
  const EpicOptions& layer = options.layer;
  Cloud cloud = latent;
  cloud.particles =
      masked(activation(layer.activation,
                        epic_linear(trace, "particles_in", latent.particles, layer.hidden, layer)),
             latent.mask);
  cloud.global = global_features(trace, latent.global, options);
  // Every layer is given again what the first was given.
  const Cloud first = cloud;
  for (int64_t i = 0; i < options.layers; ++i) {
    cloud = epic_layer(trace, text("epic_", i), cloud, layer);
    cloud.particles = cloud.particles + first.particles;
    cloud.global = cloud.global + first.global;
  }
  Value made = epic_linear(trace, "particles_out", cloud.particles, features, layer);
  if (options.adaptive_normalisation) {
    const Value known = concat({cloud.global, latent.global}, 1);
    made = adaptively_normalised(trace, {made, known, latent.mask}, options);
  }
  return masked(made, latent.mask);
}

Value epic_critic(Trace& trace, const Cloud& given, const EpicSideOptions& options) {
  const EpicOptions& layer = options.layer;
  const auto act = [&](Value x) { return activation(layer.activation, x); };
  const auto dense = [&](const char* name, Value x) {
    return epic_linear(trace, name, x, layer.hidden, layer);
  };
  Cloud cloud = given;
  cloud.particles = act(dense("particles_in_0", cloud.particles));
  cloud.particles =
      masked(act(dense("particles_in_1", cloud.particles) + cloud.particles), given.mask);
  const Value seen = pooled(cloud, layer.sum_scale);
  cloud.global =
      global_features(trace, given.global ? concat({seen, given.global}, 1) : seen, options);
  for (int64_t i = 0; i < options.layers; ++i) {
    cloud = epic_layer(trace, text("epic_", i), cloud, layer);
  }
  Value all = act(dense("out_0", concat({pooled(cloud, layer.sum_scale), cloud.global}, 1)));
  all = act(dense("out_1", all) + all);
  return epic_linear(trace, "score", all, 1, layer);
}

}  // namespace castalia
