// Flows along a vector field (neural ordinary differential equations, arXiv:1806.07366): trained by
// likelihood (FFJORD, arXiv:1810.01367) or by flow matching (arXiv:2210.02747). At time 0 lies the
// base density, at time 1 that of the data.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <optional>

#include "cpp/autodiff/ode_solve.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/vector_field.h"
#include "models/catalogue.h"
#include "models/flow/flow_network.h"

namespace castalia {
namespace {

// Pairs are coupled in blocks of so many rows, so that the work of a batch grows as its rows.
constexpr int64_t kCoupledRows = 256;

// Below these, rounding of the field would be taken for an error of the steps.
double least_tolerance(DType dtype) { return dtype == DType::float32 ? 1e-6 : 1e-13; }

// Fields that move points learn better from weights as wide as those of other networks; narrower
// ones leave two moons further from the truth.
MlpOptions network_of_field(const Specification& s) {
  MlpOptions network = conditioner_options(s);
  network.hidden_weight = std::nullopt;
  return network;
}

class ContinuousFlow final : public FlowNetwork {
 public:
  explicit ContinuousFlow(const Specification& s)
      : FlowNetwork(s),
        field_{.kind = s.text("field"),
               .network = network_of_field(s),
               .time_frequencies = s.integer("time_frequencies"),
               .particles = s.integer("particles")},
        objective_(s.text("objective")),
        transport_(s.text("coupling") == "optimal_transport"),
        path_width_(s.real("path_width")),
        trace_(s.text("trace")),
        probes_(s.text("probes")),
        kinetic_weight_(s.real("kinetic_weight")),
        jacobian_weight_(s.real("jacobian_weight")),
        diffusion_(s.real("diffusion")),
        diffusion_steps_(s.integer("diffusion_steps")),
        centred_(moves_with_rotations(field_.kind)) {
    const double least = least_tolerance(s.dtype());
    solver_.method = s.text("solver");
    solver_.steps = s.integer(adaptive() ? "step_limit" : "steps");
    solver_.relative_tolerance = std::max(s.real("relative_tolerance"), least);
    solver_.absolute_tolerance = std::max(s.real("absolute_tolerance"), least);
    solver_.gradient = s.text("gradient");
    refuse_what_does_not_fit(s);
  }

  // A flow of clouds about their centre has a density on fewer dimensions than it has features.
  bool can(Capability capability) const override {
    if (capability == Capability::sample || capability == Capability::log_prob) return true;
    return !centred_ && capability != Capability::score;
  }

  void fit_preprocessing(std::span<const double> x, std::span<const double> context) override {
    if (moves_with_permutations(field_.kind)) fit_particles(x);
    FlowNetwork::fit_preprocessing(x, context);
  }

  Value loss(Trace& trace, Value x, Value context) override {
    return objective_ == "likelihood" ? likelihood_loss(trace, x, context)
                                      : matching_loss(trace, x, context);
  }

  Value log_prob(Trace& trace, Value x, Value context) override {
    const Value all = FlowNetwork::log_prob(trace, x, context);
    return centred_ ? all + without_centre(preprocessing().forward(x).constant_log_det) : all;
  }

  Value sample(Trace& trace, int64_t rows, Value context) override {
    const Value given = prepared_context(trace, context);
    const Value z = about(base_sample(trace, rows, given));
    const Value y =
        diffusion_ > 0 ? diffused(trace, z, given) : move(trace, z, given, {.from = 0, .to = 1}).x;
    return preprocessing().inverse(cast(y, DType::float64)).values;
  }

 protected:
  Mapped forward(Trace& trace, Value x, Value context) const override {
    const Moved moved = move(trace, about(x), context, {.from = 1, .to = 0, .density = true});
    return {moved.x, moved.log_det};
  }

  Mapped backward(Trace& trace, Value z, Value context) const override {
    const Moved moved = move(trace, about(z), context, {.from = 0, .to = 1, .density = true});
    return {moved.x, moved.log_det};
  }

 private:
  struct Way {
    double from;
    double to;
    bool density = false;    // whether the log-determinant is wanted,
    bool estimated = false;  // by random probes,
    bool regular = false;    // and the terms that keep the field smooth
  };
  struct Moved {
    Value x;         // of the trace's type
    Value log_det;   // float64 (rows, 1), as all below
    Value kinetic;   // the integral of |v|^2
    Value jacobian;  // and of |dv/dx|^2
  };

  bool adaptive() const { return solver_.method == "dormand_prince"; }
  Value about(Value x) const { return centred_ ? about_centre(x, field_.particles) : x; }
  int64_t dimensions() const { return features() / field_.particles; }

  void refuse_what_does_not_fit(const Specification& s) const {
    const auto refuse = [](const auto&... parts) {
      fail(Code::invalid_argument, "continuous_flow: ", parts...);
    };
    const bool matching = objective_ == "flow_matching";
    if (domain().tails != "linear") {
      refuse("tails '", domain().tails,
             "' are for bounded data, which a vector field leaves; use "
             "a preprocessing step such as logit");
    }
    if (matching && base() != "normal") {
      refuse("objective 'flow_matching' starts from base 'normal', not '", base(), "'");
    }
    if (transport_ && !matching) refuse("coupling 'optimal_transport' is for flow_matching");
    if (transport_ && context_features() > 0) {
      refuse("coupling 'optimal_transport' would pair events of different contexts");
    }
    if (matching && (kinetic_weight_ > 0 || jacobian_weight_ > 0)) {
      refuse("kinetic_weight and jacobian_weight are for objective 'likelihood'");
    }
    if (diffusion_ > 0 && (!matching || transport_)) {
      refuse(
          "diffusion needs the score, which objective 'flow_matching' with coupling "
          "'independent' gives");
    }
    if (!moves_with_permutations(field_.kind)) {
      if (field_.particles != 1) refuse("particles is for field 'sets' or 'graph'");
      return;
    }
    if (features() % field_.particles != 0) {
      refuse(features(), " features are not made of ", field_.particles, " particles");
    }
    if (!s.texts("preprocessing").empty()) {
      refuse("field '", field_.kind, "' scales all particles alike: give no preprocessing");
    }
    if (base() != "normal") refuse("field '", field_.kind, "' needs base 'normal'");
    if (centred_ && (field_.particles < 2 || field_.network.hidden_layers < 1)) {
      refuse("field 'graph' needs 2 particles and 1 hidden layer at least");
    }
  }

  // The same step for all particles; with a field that turns with them for all coordinates, too,
  // and without a shift.
  void fit_particles(std::span<const double> x) {
    preprocessing().check(x);
    const auto n = static_cast<size_t>(features());
    const auto alike = centred_ ? 1 : static_cast<size_t>(dimensions());
    const std::vector<double> numbers =
        centred_ ? less_their_centres(x) : std::vector<double>(x.begin(), x.end());
    const double each =
        static_cast<double>(numbers.size()) / static_cast<double>(std::max<size_t>(alike, 1));
    std::vector<double> means(alike, 0.0);
    std::vector<double> squares(alike, 0.0);
    if (!centred_) {
      for (size_t i = 0; i < numbers.size(); ++i) means[i % alike] += numbers[i] / each;
    }
    for (size_t i = 0; i < numbers.size(); ++i) {
      const double difference = numbers[i] - means[i % alike];
      squares[i % alike] += difference * difference / each;
    }
    std::vector<std::string> chains;
    for (size_t column = 0; column < n; ++column) {
      const double deviation = std::sqrt(squares[column % alike]);
      if (!numbers.empty() && !(deviation > 0)) {
        fail(Code::invalid_argument, "x column ", column, " is the same in all particles and rows");
      }
      chains.push_back("affine(" + nlohmann::json(means[column % alike]).dump() + ", " +
                       nlohmann::json(deviation).dump() + ")");
    }
    set_preprocessing(chains);
  }

  std::vector<double> less_their_centres(std::span<const double> x) const {
    std::vector<double> out(x.begin(), x.end());
    const auto n = static_cast<size_t>(features());
    const auto d = static_cast<size_t>(dimensions());
    for (size_t row = 0; row < out.size() / n; ++row) {
      for (size_t k = 0; k < d; ++k) {
        double centre = 0;
        for (size_t i = k; i < n; i += d) centre += out[row * n + i];
        centre /= static_cast<double>(field_.particles);
        for (size_t i = k; i < n; i += d) out[row * n + i] -= centre;
      }
    }
    return out;
  }

  Moved move(Trace& trace, Value x, Value context, const Way& way) const {
    const int64_t rows = x.rows();
    const int64_t n = features();
    std::vector<Value> arguments;
    if (context) arguments.push_back(context);
    if (way.estimated) arguments.push_back(probes(trace, rows));
    Value state = cast(x, DType::float64);
    const int64_t further = way.density ? (way.regular ? 3 : 1) : 0;
    if (further > 0) {
      const Value zero = trace.graph().scalar(0.0, DType::float64);
      state = concat({state, broadcast_to(zero, Shape{rows, further})}, 1);
    }
    const auto field = [&](Value time, Value y, std::span<const Value> more) {
      const Value at = cast(further > 0 ? slice(y, 1, 0, n) : y, trace.dtype());
      const Value v = vector_field(trace, field_, time, at, context ? more[0] : Value());
      std::vector<Value> slopes = {cast(v, DType::float64)};
      if (way.density) {
        const FieldTraces traces =
            way.estimated ? estimated_traces(v, at, more.back()) : exact_traces(v, at);
        slopes.push_back(traces.divergence);
        if (way.regular) {
          slopes.push_back(sum(square(slopes[0]), {1}, true));
          slopes.push_back(traces.roughness);
        }
      }
      return slopes.size() == 1 ? slopes[0] : concat(slopes, 1);
    };
    OdeOptions options = solver_;
    options.from = way.from;
    options.to = way.to;
    const OdeSolution solution = ode_solve(state, arguments, field, options);
    trace.demands.push_back(
        {solution.steps, text("the solver needs more than continuous_flow.step_limit = ",
                              solver_.steps, " steps, or met what is not finite")});
    const auto column = [&](int64_t i) { return slice(solution.y, 1, n + i, n + i + 1); };
    Moved moved;
    moved.x = cast(slice(solution.y, 1, 0, n), trace.dtype());
    if (way.density) moved.log_det = column(0);
    if (way.regular) {
      const double forwards = way.to > way.from ? 1 : -1;
      moved.kinetic = forwards * column(1);
      moved.jacobian = forwards * column(2);
    }
    return moved;
  }

  Value probes(Trace& trace, int64_t rows) const {
    const auto draw = probes_ == "rademacher" ? random_rademacher : random_normal;
    return draw(trace.seed, trace.first_event, rows, features(), kTraceProbeStage, trace.dtype());
  }

  // With the regularisers of arXiv:2002.02798.
  Value likelihood_loss(Trace& trace, Value x, Value context) const {
    const Value given = prepared_context(trace, context);
    const Preprocessing::Traced in = preprocessing().forward(x);
    const Moved moved = move(trace, about(cast(in.values, trace.dtype())), given,
                             {.from = 1,
                              .to = 0,
                              .density = true,
                              .estimated = trace_ == "hutchinson",
                              .regular = kinetic_weight_ > 0 || jacobian_weight_ > 0});
    Value log_prob = base_log_prob(trace, moved.x, given) + moved.log_det + in.constant_log_det;
    if (in.log_det) log_prob = log_prob + in.log_det;
    if (centred_) log_prob = log_prob + without_centre(in.constant_log_det);
    Value loss = negate(log_prob);
    if (moved.kinetic) {
      loss = loss + kinetic_weight_ * moved.kinetic + jacobian_weight_ * moved.jacobian;
    }
    return loss;
  }

  // The squared distance to the velocity of a straight line from noise to an event, a feature.
  Value matching_loss(Trace& trace, Value x, Value context) const {
    const int64_t rows = x.rows();
    const Value given = prepared_context(trace, context);
    const Value event = about(prepared(trace, x));
    Value noise = about(
        random_normal(trace.seed, trace.first_event, rows, features(), kNoiseStage, trace.dtype()));
    if (transport_) noise = coupled(noise, event);
    const Value time =
        random_uniform(trace.seed, trace.first_event, rows, 1, kTimeStage, DType::float64);
    const Value t = cast(time, trace.dtype());
    const double kept = 1 - path_width_;
    const Value at = t * event + (1.0 - kept * t) * noise;
    const Value v = vector_field(trace, field_, time, at, given);
    const Value difference = cast(v - (event - kept * noise), DType::float64);
    return mean(square(difference), {1}, true);
  }

  // The noise in the order in which the squared distances to the events add up to least
  // (arXiv:2302.00482), block by block.
  static Value coupled(Value noise, Value event) {
    std::vector<Value> blocks;
    for (int64_t first = 0; first < event.rows(); first += kCoupledRows) {
      const int64_t rows = std::min(kCoupledRows, event.rows() - first);
      const Value from = slice(noise, 0, first, first + rows);
      const Value to = slice(event, 0, first, first + rows);
      const Value cost = reshape(pairwise_distances(to, from, true), Shape{1, rows, rows});
      const Value order = reshape(assignment(stop_gradient(cost)), Shape{rows, 1});
      blocks.push_back(gather(from, broadcast_to(order, from.shape()), 0));
    }
    return blocks.size() == 1 ? blocks[0] : concat(blocks, 0);
  }

  // A stochastic way with the same densities at all times, if the field is that of the data
  // (arXiv:2303.08797): with v the field and s the score, -(x - t v) / width, which follows from
  // it, dx = (v + g^2 s / 2) dt + g dW, where g^2 = diffusion^2 width, by steps of Euler and
  // Maruyama.
  Value diffused(Trace& trace, Value z, Value context) const {
    const int64_t rows = z.rows();
    const int64_t n = features();
    const Value noise = random_normal(trace.seed, trace.first_event, rows, n * diffusion_steps_,
                                      kDiffusionStage, trace.dtype());
    const double h = 1.0 / static_cast<double>(diffusion_steps_);
    const double strength = diffusion_ * diffusion_;
    for (int64_t step = 0; step < diffusion_steps_; ++step) {
      const double t = h * static_cast<double>(step);
      const double width = 1 - (1 - path_width_) * t;
      const Value time = broadcast_to(trace.graph().scalar(t, DType::float64), Shape{rows, 1});
      const Value v = vector_field(trace, field_, time, z, context);
      const Value drift = v - 0.5 * strength * (z - t * v);
      const Value kick = about(slice(noise, 1, step * n, (step + 1) * n));
      z = z + h * drift + std::sqrt(strength * width * h) * kick;
    }
    return z;
  }

  // To be added to a log-density on the whole space when the centre does not count: the base
  // density of one particle's dimensions, and their part of the scales.
  double without_centre(double constant_log_det) const {
    const auto d = static_cast<double>(dimensions());
    return 0.5 * d * std::log(2 * std::numbers::pi) -
           constant_log_det / static_cast<double>(field_.particles);
  }

  VectorFieldOptions field_;
  OdeOptions solver_;
  std::string objective_;
  bool transport_;
  double path_width_;
  std::string trace_;
  std::string probes_;
  double kinetic_weight_;
  double jacobian_weight_;
  double diffusion_;
  int64_t diffusion_steps_;
  bool centred_;
};

std::vector<Field> field_fields() {
  std::vector<Field> own = conditioner_fields();
  own[0].meaning = "units in each hidden layer of the field";
  own[1].meaning = "hidden layers of the field, or residual blocks of two, or rounds of messages";
  own[1].default_value = "3";
  own[2].default_value = R"("silu")";
  own.insert(
      own.begin(),
      {{.name = "field",
        .type = FieldType::text,
        .default_value = R"("mlp")",
        .meaning = "network of the vector field: 'mlp' or 'residual' of the whole vector; "
                   "'sets' or 'graph' of particles: densities do not change when particles "
                   "change places, and with 'graph' not when all are turned or moved, either; "
                   "then they are densities of the positions about their centre",
        .choices = {"mlp", "residual", "sets", "graph"}},
       {.name = "particles",
        .type = FieldType::integer,
        .default_value = "1",
        .meaning = "with field 'sets' or 'graph': of how many particles the features are, one "
                   "particle after another",
        .least = 1,
        .greatest = 65536}});
  own.push_back({.name = "time_frequencies",
                 .type = FieldType::integer,
                 .default_value = "0",
                 .meaning = "so many sines and cosines of the time join it in the field's input",
                 .least = 0,
                 .greatest = 32});
  return own;
}

std::vector<Field> training_fields() {
  return {
      {.name = "objective",
       .type = FieldType::text,
       .default_value = R"("flow_matching")",
       .meaning = "'flow_matching' compares the field with straight lines from noise to events and "
                  "solves no equations; 'likelihood' solves them in each step",
       .choices = {"flow_matching", "likelihood"}},
      {.name = "coupling",
       .type = FieldType::text,
       .default_value = R"("independent")",
       .meaning =
           "with flow_matching: which noise goes with which event; 'optimal_transport' pairs "
           "those of a batch, in blocks of 256, so that the squared distances add up to least",
       .choices = {"independent", "optimal_transport"}},
      {.name = "path_width",
       .type = FieldType::real,
       .default_value = "0.0",
       .meaning = "with flow_matching: the width that is left of the noise around an event, after "
                  "preprocessing",
       .least = 0,
       .greatest = 0.5},
      {.name = "trace",
       .type = FieldType::text,
       .default_value = R"("exact")",
       .meaning =
           "with likelihood: how training computes the divergence of the field; 'hutchinson' "
           "estimates it by one random probe an event and step. Densities are exact in any "
           "case",
       .choices = {"exact", "hutchinson"}},
      {.name = "probes",
       .type = FieldType::text,
       .default_value = R"("rademacher")",
       .meaning = "with trace 'hutchinson': the distribution of the probes",
       .choices = {"rademacher", "normal"}},
      {.name = "gradient",
       .type = FieldType::text,
       .default_value = R"("discrete")",
       .meaning = "with likelihood: 'discrete' differentiates the steps of the solver, 'adjoint' "
                  "solves the equations of the gradient backwards",
       .choices = {"discrete", "adjoint"}},
      {.name = "kinetic_weight",
       .type = FieldType::real,
       .default_value = "0.0",
       .meaning = "with likelihood: times the squared speed along the way, added to the loss",
       .least = 0,
       .greatest = 1e6},
      {.name = "jacobian_weight",
       .type = FieldType::real,
       .default_value = "0.0",
       .meaning =
           "with likelihood: times the squared Jacobian of the field along the way, added to "
           "the loss",
       .least = 0,
       .greatest = 1e6},
  };
}

std::vector<Field> solver_fields() {
  return {
      {.name = "solver",
       .type = FieldType::text,
       .default_value = R"("dormand_prince")",
       .meaning = "'dormand_prince' chooses the steps of each event by the tolerances; the others "
                  "take 'steps' equal ones",
       .choices = {"dormand_prince", "rk4", "heun", "midpoint", "euler"}},
      {.name = "steps",
       .type = FieldType::integer,
       .default_value = "25",
       .meaning = "equal steps of a solver that does not choose them",
       .least = 1,
       .greatest = 10000},
      {.name = "relative_tolerance",
       .type = FieldType::real,
       .default_value = "1e-6",
       .meaning = "error of a step of dormand_prince relative to the values; 1e-6 at least in "
                  "float32, 1e-13 in float64",
       .least = 1e-14,
       .greatest = 0.1},
      {.name = "absolute_tolerance",
       .type = FieldType::real,
       .default_value = "1e-6",
       .meaning = "the same, absolute, in units after preprocessing",
       .least = 1e-14,
       .greatest = 0.1},
      {.name = "step_limit",
       .type = FieldType::integer,
       .default_value = "1000",
       .meaning = "so many steps of dormand_prince are tried for an event; one that needs more is "
                  "an error",
       .least = 1,
       .greatest = 10000},
      {.name = "diffusion",
       .type = FieldType::real,
       .default_value = "0.0",
       .meaning = "above 0, events are drawn along stochastic ways of this strength, which forget "
                  "errors of the field; densities are those of the deterministic way",
       .least = 0,
       .greatest = 100},
      {.name = "diffusion_steps",
       .type = FieldType::integer,
       .default_value = "100",
       .meaning = "steps of Euler and Maruyama along a stochastic way",
       .least = 1,
       .greatest = 10000},
  };
}

std::vector<Field> fields() {
  std::vector<Field> own = field_fields();
  for (const std::vector<Field>& more : {training_fields(), solver_fields()}) {
    own.insert(own.end(), more.begin(), more.end());
  }
  return flow_fields(std::move(own));
}

}  // namespace

const Architecture& continuous_flow_architecture() {
  static const Architecture architecture{
      .name = "continuous_flow",
      .family = "flow",
      .summary = "flow along a learned vector field, by flow matching or likelihood",
      .description =
          "Learns the density of events of a fixed number of features, which may depend on a "
          "context, and draws from it. A network says how points move in time; the solution of "
          "that "
          "differential equation takes noise to events and back, and the divergence along it gives "
          "the density. Flow matching trains it without solving anything. Fields of particles make "
          "densities that do not depend on their order, nor on rotations and translations.",
      .fields = fields(),
      .capabilities = {Capability::sample, Capability::log_prob, Capability::transform,
                       Capability::inverse},
      .references = {"1806.07366", "1810.01367", "2210.02747", "2302.00482", "2002.02798",
                     "2303.08797", "2002.12880", "2006.02425"},
      .build = [](const Specification& specification) -> std::unique_ptr<Network> {
        return std::make_unique<ContinuousFlow>(specification);
      },
      .examples =
          {
              // Both precisions solve as well as they can.
              R"json({"features": 3, "hidden": 16, "hidden_layers": 2, "relative_tolerance": 1e-12,
                  "absolute_tolerance": 1e-12})json",
              R"json({"features": 2, "context_features": 1, "hidden": 8, "hidden_layers": 2,
                  "activation": "tanh", "objective": "likelihood", "solver": "rk4", "steps": 16,
                  "time_frequencies": 1})json",
              R"json({"features": 3, "hidden": 16, "hidden_layers": 1, "field": "residual",
                  "coupling": "optimal_transport", "path_width": 0.01, "solver": "rk4",
                  "steps": 50})json",
              // FFJORD, regularised.
              R"json({"features": 3, "context_features": 2, "hidden": 16, "hidden_layers": 2,
                  "objective": "likelihood", "trace": "hutchinson", "gradient": "adjoint",
                  "kinetic_weight": 0.01, "jacobian_weight": 0.01, "base": "conditional_normal",
                  "solver": "rk4", "steps": 20})json",
              R"json({"features": 4, "context_features": 1, "hidden": 8, "hidden_layers": 1,
                  "diffusion": 1.0, "diffusion_steps": 10, "relative_tolerance": 1e-12,
                  "absolute_tolerance": 1e-12})json",
              // Clouds of particles.
              R"json({"features": 6, "particles": 3, "field": "sets", "hidden": 8,
                  "hidden_layers": 2,
                  "relative_tolerance": 1e-12, "absolute_tolerance": 1e-12})json",
              R"json({"features": 6, "particles": 3, "field": "graph", "hidden": 6,
                  "hidden_layers": 2,
                  "objective": "likelihood", "probes": "normal", "trace": "hutchinson",
                  "solver": "rk4", "steps": 4})json",
          },
  };
  return architecture;
}

}  // namespace castalia
