#include "cpp/train/optimiser.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

// How far the weights go back at a learning rate of one, and the moments' new values (null where
// the optimiser has none).
struct Change {
  Value by;
  Value first;
  Value second;
};

class Optimiser {
 public:
  Optimiser(Graph& graph, const TrainingOptions& options, const UpdateRequest& request)
      : graph_(graph),
        options_(options),
        weights_(request.weights),
        decay_factors_(request.decay_factors) {}

  Value first_moment() const { return graph_.state("first_moment", weights_.type()); }
  Value second_moment() const { return graph_.state("second_moment", weights_.type()); }

  Change change(Value g) const {
    switch (options_.optimiser) {
      case OptimiserKind::adamw: return decoupled(adam(g));
      case OptimiserKind::adam: return adam(with_decay(g));
      case OptimiserKind::sgd: return sgd(with_decay(g));
      case OptimiserKind::rmsprop: return rmsprop(with_decay(g));
      case OptimiserKind::adagrad: return adagrad(with_decay(g));
      case OptimiserKind::adadelta: return adadelta(with_decay(g));
      case OptimiserKind::lion: return decoupled(lion(g));
      case OptimiserKind::lbfgs: break;
    }
    fail(Code::internal, "lbfgs is no update of one gradient");
  }

 private:
  Value number(const char* name) const { return graph_.input(name, {weights_.dtype(), {}}); }

  Value with_decay(Value g) const {
    if (options_.weight_decay == 0) return g;
    const Value decay = options_.weight_decay * weights_;
    return g + (decay_factors_ ? decay * decay_factors_ : decay);
  }
  Change decoupled(Change change) const {
    change.by = with_decay(change.by);
    return change;
  }

  static Value mix(double keep, Value old, Value fresh) {
    return keep * old + (1.0 - keep) * fresh;
  }

  Change adam(Value g) const {
    const Value m = mix(options_.beta1, first_moment(), g);
    const Value v = mix(options_.beta2, second_moment(), square(g));
    const Value root = sqrt(v * number("correction2"));
    return {m * number("correction1") / (root + options_.epsilon), m, v};
  }

  Change sgd(Value g) const {
    if (options_.momentum == 0) return {g, {}, {}};
    const Value m = options_.momentum * first_moment() + g;
    return {options_.nesterov ? g + options_.momentum * m : m, m, {}};
  }

  Change rmsprop(Value g) const {
    const Value v = mix(options_.beta2, second_moment(), square(g));
    const Value scaled = g / (sqrt(v) + options_.epsilon);
    if (options_.momentum == 0) return {scaled, {}, v};
    const Value m = options_.momentum * first_moment() + scaled;
    return {m, m, v};
  }

  Change adagrad(Value g) const {
    const Value v = second_moment() + square(g);
    return {g / (sqrt(v) + options_.epsilon), {}, v};
  }

  Change adadelta(Value g) const {
    const Value v = mix(options_.beta2, second_moment(), square(g));
    const Value step = sqrt(first_moment() + options_.epsilon) / sqrt(v + options_.epsilon) * g;
    return {step, mix(options_.beta2, first_moment(), square(step)), v};
  }

  Change lion(Value g) const {
    const Value direction = sign(mix(options_.beta1, first_moment(), g));
    return {direction, mix(options_.beta2, first_moment(), g), {}};
  }

  Graph& graph_;
  const TrainingOptions& options_;
  Value weights_;
  Value decay_factors_;
};

// * stands for any text, ? for one character.
bool fits(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') {
    return fits(pattern.substr(1), name) || (!name.empty() && fits(pattern, name.substr(1)));
  }
  return !name.empty() && (pattern[0] == '?' || pattern[0] == name[0]) &&
         fits(pattern.substr(1), name.substr(1));
}

// For each weight the entry of `of_groups` that belongs to its parameter, 1 without a group.
std::vector<double> factors_of_groups(const std::vector<std::string>& patterns,
                                      const std::vector<double>& of_groups,
                                      const ParameterTable& table) {
  if (of_groups.empty()) return {};
  std::vector<double> factors(static_cast<size_t>(table.count()), 1.0);
  std::vector<bool> used(patterns.size(), false);
  std::vector<std::string> names;
  for (const Parameter& parameter : table.parameters()) {
    names.push_back(parameter.name);
    bool found = false;
    for (size_t i = 0; i < patterns.size(); ++i) {
      if (!fits(patterns[i], parameter.name)) continue;
      used[i] = true;
      if (!found) {
        std::fill_n(factors.begin() + parameter.offset, parameter.shape.count(), of_groups[i]);
      }
      found = true;
    }
  }
  for (size_t i = 0; i < patterns.size(); ++i) {
    if (used[i]) continue;
    fail(Code::not_found, "training.group_patterns: no parameter is named '", patterns[i], "'",
         suggestion(patterns[i], names));
  }
  return factors;
}

Value with_stretches(Value weights, const std::vector<Stretch>& stretches) {
  std::vector<Value> pieces;
  int64_t begin = 0;
  for (const Stretch& each : stretches) {
    pieces.push_back(slice(weights, 0, begin, each.first));
    pieces.push_back(each.value);
    begin = each.first + each.value.rows();
  }
  pieces.push_back(slice(weights, 0, begin, weights.rows()));
  return concat(pieces, 0);
}

}  // namespace

void trace_update(Graph& graph, const TrainingOptions& options, const UpdateRequest& request) {
  const Value weights = request.weights;
  const DType dtype = weights.dtype();
  const Scope scope(graph, "optimiser");
  Value rate = graph.input("learning_rate", {dtype, {}});
  if (request.rate_factors) rate = rate * request.rate_factors;

  const Value norm2 = sum(square(cast(request.gradient, DType::float64)), {0}, false);
  Value g = request.gradient;
  if (options.clip_norm > 0) {
    const Value factor =
        minimum(options.clip_norm / sqrt(norm2 + 1e-300), graph.scalar(1.0, DType::float64));
    g = g * cast(factor, dtype);
  }
  const Optimiser optimiser(graph, options, request);
  const Change change = optimiser.change(g);
  Value moved = weights - rate * change.by;
  if (request.limit > 0) moved = clamp(moved, -request.limit, request.limit);
  if (!request.statistics.empty()) moved = with_stretches(moved, request.statistics);
  const Value moved2 = sum(square(cast(moved, DType::float64)), {0}, false);
  const Value good =
      cast(is_finite(reshape(request.loss, Shape())) * is_finite(norm2) * is_finite(moved2), dtype);
  const auto assign_if_good = [&](Value state, Value value) {
    const Value kept = select(good, value, state);
    graph.assign(state, kept);
    return kept;
  };
  if (change.first) assign_if_good(optimiser.first_moment(), change.first);
  if (change.second) assign_if_good(optimiser.second_moment(), change.second);
  const Value weights_new = assign_if_good(weights, moved);
  if (options.ema > 0 && request.keeps_mean) {
    const Value ema = graph.state("ema", weights.type());
    const Value decay = graph.input("ema_decay", {dtype, {}});
    graph.assign(ema, ema + (1.0 - decay) * (weights_new - ema));
  }
  graph.output("good", good);
  graph.output("gradient_norm", sqrt(norm2));
}

std::array<StepNumber, 4> step_numbers(const TrainingOptions& options, int64_t step, double rate) {
  std::array<StepNumber, 4> numbers{{{"learning_rate", rate}}};
  const auto t = static_cast<double>(step);
  if (options.optimiser == OptimiserKind::adamw || options.optimiser == OptimiserKind::adam) {
    numbers[1] = {"correction1", 1.0 / (1.0 - std::pow(options.beta1, t))};
    numbers[2] = {"correction2", 1.0 / (1.0 - std::pow(options.beta2, t))};
  }
  if (options.ema > 0) numbers[3] = {"ema_decay", ema_decay(options, step), true};
  return numbers;
}

double ema_decay(const TrainingOptions& options, int64_t step) {
  const auto t = static_cast<double>(step);
  return std::min(options.ema, (t + 1) / (t + 10));
}

std::vector<double> rate_factors(const TrainingOptions& options, const ParameterTable& table) {
  return factors_of_groups(options.group_patterns, options.group_rates, table);
}

std::vector<double> decay_factors(const TrainingOptions& options, const ParameterTable& table) {
  return factors_of_groups(options.group_patterns, options.group_decays, table);
}

}  // namespace castalia
