// Symmetries of a data set, found by a critic that cannot see them (arXiv:2112.05722).
#include <variant>

#include "cpp/base/status.h"
#include "cpp/nn/adversarial.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/activation.h"
#include "cpp/ops/ops.h"
#include "models/adversarial/symmetry_gan/transformation.h"
#include "models/catalogue.h"
#include "models/preprocessed_network.h"

namespace castalia {
namespace {

constexpr DType kDouble = DType::float64;

using Transformation = std::variant<Rotation, LinearMap, DenseMap>;

MlpOptions mlp_options(const Specification& s, const std::string& side, int64_t outputs) {
  return {.hidden = s.integer(side + "_hidden"),
          .hidden_layers = s.integer(side + "_layers"),
          .outputs = outputs,
          .activation = s.text(side + "_activation")};
}

Transformation make_transformation(const Specification& s) {
  const std::string kind = s.text("transformation");
  const int64_t features = s.integer("features");
  const int64_t planes = s.integer("planes");
  const auto refuse = [&](auto... parts) {
    fail(Code::invalid_argument, "symmetry_gan.", parts...);
  };
  if (kind != "rotation") {
    if (planes > 0) refuse("planes is set, but transformation is '", kind, "'");
    if (s.boolean("shared_angle"))
      refuse("shared_angle is set, but transformation is '", kind, "'");
  }
  if (kind == "rotation") {
    if (features < 2 * std::max<int64_t>(planes, 1)) {
      refuse("features = ", features, " columns do not hold ", std::max<int64_t>(planes, 1),
             " planes of two: planes, or another transformation than 'rotation'");
    }
    return Rotation{.planes = planes > 0 ? planes : features / 2,
                    .shared = s.boolean("shared_angle")};
  }
  if (kind == "dense") {
    if (features > kMostDenseColumns) {
      refuse("features = ", features, ", but transformation = 'dense' computes its Jacobian for ",
             kMostDenseColumns, " at most");
    }
    return DenseMap{mlp_options(s, "generator", features)};
  }
  return LinearMap{.shifts = kind == "affine"};
}

// The generator is a map of events onto events. Rotations and linear maps act on the columns as
// they are, in the user's units; affine and dense maps on the preprocessed ones.
class SymmetryGan final : public PreprocessedNetwork, public Adversarial {
 public:
  explicit SymmetryGan(const Specification& s)
      : PreprocessedNetwork(s, s.texts("preprocessing")),
        transformation_(make_transformation(s)),
        on_preprocessed_(s.text("transformation") == "affine" ||
                         s.text("transformation") == "dense"),
        critic_(mlp_options(s, "critic", 1)),
        inertial_weight_(s.real("inertial_weight")),
        order_(s.integer("order")),
        order_weight_(s.real("order_weight")) {}

  bool can(Capability capability) const override {
    return capability == Capability::transform ||
           (capability == Capability::inverse &&
            !std::holds_alternative<DenseMap>(transformation_));
  }
  bool reads_context(Capability) const override { return false; }
  Adversarial* adversarial() override { return this; }

  void declare(Trace& trace) override {
    const Value y = trace.graph().input("y", {trace.dtype(), {1, features()}});
    map(trace, y);
    criticise(trace, y,
              context_features() > 0
                  ? trace.graph().input("context", {trace.dtype(), {1, context_features()}})
                  : Value());
  }

  Contest contest(Trace& trace, Value x, Value context) override {
    const Value real = prepared(trace, x);
    const Value condition = prepared_context(trace, context);
    const Traced first = moved(trace, start(trace, x));
    Contest contest;
    Game& game = contest.games.emplace_back();
    game.real = real;
    game.made = seen(trace, first);
    game.critic = [this, &trace, condition](Value events) {
      return criticise(trace, events, condition);
    };
    Value further = inertial_weight_ * square(user_log_det(first));
    if (order_ > 0) {
      Traced last = first;
      for (int64_t i = 1; i < order_; ++i) last = moved(trace, last);
      further =
          further + order_weight_ * sum(square(cast(seen(trace, last) - real, kDouble)), {1}, true);
    }
    contest.further.of_generator = further;
    return contest;
  }

  std::pair<Value, Value> transform(Trace& trace, Value x, Value) override {
    return result(moved(trace, start(trace, x)));
  }

  std::pair<Value, Value> inverse(Trace& trace, Value z, Value) override {
    Traced state = start(trace, z);
    const auto [values, log_det] = undo(trace, state.values);
    return result({values, state.log_det + log_det});
  }

 private:
  // Rows where the map acts on them, float64, with what led there of the logarithm of the volume.
  struct Traced {
    Value values;
    Value log_det;
  };

  Traced start(Trace& trace, Value x) const {
    if (!on_preprocessed_) {
      return {x, broadcast_to(trace.graph().scalar(0, kDouble), {x.rows(), 1})};
    }
    return with_log_det(preprocessing().forward(x));
  }
  Traced moved(Trace& trace, Traced from) const {
    const auto [values, log_det] = map(trace, from.values);
    return {values, from.log_det + log_det};
  }
  // In the user's units.
  std::pair<Value, Value> result(Traced state) const {
    if (!on_preprocessed_) return {state.values, state.log_det};
    const Traced back = with_log_det(preprocessing().inverse(state.values));
    return {back.values, state.log_det + back.log_det};
  }
  Value user_log_det(Traced state) const { return result(state).second; }
  // As the critic sees them.
  Value seen(Trace& trace, Traced state) const {
    return on_preprocessed_ ? cast(state.values, trace.dtype()) : prepared(trace, state.values);
  }

  static Traced with_log_det(const Preprocessing::Traced& traced) {
    const Shape shape{traced.values.rows(), 1};
    Graph& graph = traced.values.graph();
    const Value constant = graph.scalar(traced.constant_log_det, kDouble);
    return {traced.values,
            traced.log_det ? traced.log_det + constant : broadcast_to(constant, shape)};
  }

  std::pair<Value, Value> map(Trace& trace, Value y) const {
    const Trace::Part part(trace, "generator");
    return std::visit(
        [&](const auto& transformation) {
          using Kind = std::decay_t<decltype(transformation)>;
          if constexpr (std::is_same_v<Kind, DenseMap>) {
            const auto [values, log_det] = transformation.apply(trace, cast(y, trace.dtype()));
            return std::pair(cast(values, y.dtype()), log_det);
          } else {
            return transformation.apply(trace, y);
          }
        },
        transformation_);
  }
  std::pair<Value, Value> undo(Trace& trace, Value y) const {
    const Trace::Part part(trace, "generator");
    if (const auto* rotation = std::get_if<Rotation>(&transformation_)) {
      return rotation->undo(trace, y);
    }
    return std::get<LinearMap>(transformation_).undo(trace, y);
  }

  Value criticise(Trace& trace, Value events, Value condition) const {
    const Trace::Part part(trace, kCritic);
    return mlp(trace, condition ? concat({events, condition}, 1) : events, critic_);
  }

  Transformation transformation_;
  bool on_preprocessed_;
  MlpOptions critic_;
  double inertial_weight_;
  int64_t order_;
  double order_weight_;
};

std::vector<Field> side_fields(const std::string& side, const std::string& whose,
                               const char* hidden, const char* activation) {
  return {{.name = side + "_hidden",
           .type = FieldType::integer,
           .default_value = hidden,
           .meaning = "units in each hidden layer of " + whose,
           .least = 1,
           .greatest = 65536},
          {.name = side + "_layers",
           .type = FieldType::integer,
           .default_value = "2",
           .meaning = "hidden layers of " + whose,
           .least = 0,
           .greatest = 64},
          {.name = side + "_activation",
           .type = FieldType::text,
           .default_value = activation,
           .meaning = "what follows each of them",
           .choices = {activation_names().begin(), activation_names().end()}}};
}

std::vector<Field> fields() {
  std::vector<Field> all = data_fields(
      "the critic is told of each event, and the map is not: the symmetry is one of events given "
      "it");
  const auto append = [&all](std::vector<Field> more) {
    for (Field& each : more) all.push_back(std::move(each));
  };
  append({
      {.name = "transformation",
       .type = FieldType::text,
       .default_value = R"("linear")",
       .meaning =
           "the maps among which the symmetry is looked for: rotation of planes of two "
           "columns each, linear, a matrix, both about the origin in the columns' own units; "
           "affine, a matrix and a shift, and dense, a network, both of preprocessed columns",
       .choices = {"rotation", "linear", "affine", "dense"}},
      {.name = "planes",
       .type = FieldType::integer,
       .default_value = "0",
       .meaning = "rotation: the first so many pairs of columns are turned, the others stay; 0: as "
                  "many pairs as there are",
       .least = 0,
       .greatest = 512},
      {.name = "shared_angle",
       .type = FieldType::boolean,
       .default_value = "false",
       .meaning = "rotation: all planes are turned by one angle"},
      {.name = "inertial_weight",
       .type = FieldType::real,
       .default_value = "1",
       .meaning = "what the squared logarithm of |det dg/dx| adds to the generator's loss: a "
                  "symmetry of the density keeps the reference measure too, here the volume",
       .least = 0,
       .greatest = 1e6},
      {.name = "order",
       .type = FieldType::integer,
       .default_value = "0",
       .meaning = "of a cyclic group: the map done so many times over shall be the identity; 0: "
                  "not asked for",
       .least = 0,
       .greatest = 64},
      {.name = "order_weight",
       .type = FieldType::real,
       .default_value = "1",
       .meaning = "what the squared distance of preprocessed events from where they were then adds "
                  "to the generator's loss",
       .least = 0,
       .greatest = 1e6},
  });
  append(side_fields("generator", "a dense transformation", "32", R"("tanh")"));
  append(side_fields("critic", "the critic", "64", R"("leaky_relu")"));
  append(preprocessing_fields("standardise, for the critic"));
  return with_common_fields(std::move(all));
}

}  // namespace

const Architecture& symmetry_gan_architecture() {
  static const Architecture architecture = {
      .name = "symmetry_gan",
      .family = "adversarial",
      .summary = "finds symmetries of a data set",
      .description =
          "The generator is a map g of events onto events, and the critic tells g(x) from x: where "
          "it cannot, g is a symmetry of the data. Each start, by the field seed, leads to one; "
          "many starts sample the group. transform() gives g(x) with log |det dg/dx|, and the "
          "parameters are the angles (times pi, over sqrt(6 / (1 + angles))) or the matrix. The "
          "identity is a symmetry of everything: starts are random, and order asks for a cyclic "
          "map. The reference measure that a symmetry must keep, too, is the volume of the "
          "columns, by a penalty.",
      .fields = fields(),
      .capabilities = {Capability::transform, Capability::inverse},
      .references = {"2112.05722"},
      .build = [](const Specification& s) { return std::make_unique<SymmetryGan>(s); },
      .examples =
          {
              R"({"features": 5, "transformation": "rotation", "planes": 2, "critic_hidden": 16})",
              R"({"features": 4, "transformation": "rotation", "shared_angle": true, "order": 3,
                  "critic_hidden": 12})",
              R"({"features": 3, "context_features": 1, "critic_hidden": 12, "order": 2})",
              R"({"features": 2, "transformation": "affine", "critic_hidden": 12,
                  "preprocessing": ["standardise", "none"]})",
              R"({"features": 2, "transformation": "dense", "generator_hidden": 8,
                  "critic_hidden": 12})",
          },
  };
  return architecture;
}

}  // namespace castalia
