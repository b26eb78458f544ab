#include "cpp/train/adversarial.h"

#include <nlohmann/json.hpp>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/nn/conditioned_mlp.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/train/options.h"

namespace castalia {
namespace {

constexpr DType kDouble = DType::float64;
constexpr double kTiny = 1e-12;  // under a root: its slope at zero is infinite
// The noise that consistency adds, of the events as the critic reads them: they have unit size.
constexpr double kConsistencyNoise = 0.05;

// ---- Losses; s is a score, of a true event or of a made one

Value logistic_critic(Value real, Value made) { return softplus(negate(real)) + softplus(made); }
Value minimax_generator(Value made) { return negate(softplus(made)); }
Value non_saturating_generator(Value made) { return softplus(negate(made)); }

Value least_squares_critic(Value real, Value made) {
  return 0.5 * square(real - 1.0) + 0.5 * square(made);
}
Value least_squares_generator(Value made) { return 0.5 * square(made - 1.0); }

Value hinge_critic(Value real, Value made) { return relu(1.0 - real) + relu(made + 1.0); }
Value wasserstein_critic(Value real, Value made) { return made - real; }
Value score_generator(Value made) { return negate(made); }

// ---- Regularisers

Value scores(const Game& game, Value events) { return cast(game.critic(events), kDouble); }

Value squares_of_rows(Value values) {
  const Shape& shape = values.shape();
  const Shape flat{shape[0], shape.count(1, shape.rank())};
  return sum(square(cast(reshape(values, flat), kDouble)), {1}, true);
}

// The squared norm of the slope of a row's score with respect to the row, for events that are held
// fixed.
Value squared_slope(const Game& game, Value events) {
  const Value at = stop_gradient(events);
  return squares_of_rows(gradient(sum(scores(game, at), {0, 1}, false), {&at, 1})[0]);
}

// The slope's norm at a random point of the line between the true event and the made one of a row.
Value slope_between(const Regulariser::Request& request) {
  const Game& game = request.game;
  const Shape& shape = game.real.shape();
  Trace& trace = request.trace;
  Shape one_a_row = shape;
  for (int axis = 1; axis < shape.rank(); ++axis) one_a_row[axis] = 1;
  const Value share = reshape(random_uniform(trace.seed, trace.first_event, shape[0], 1,
                                             kInterpolationStage, game.real.dtype()),
                              one_a_row);
  const Value between = game.made + share * (game.real - game.made);
  return sqrt(squared_slope(game, between) + kTiny);
}

Value gradient_penalty(const Regulariser::Request& request) {
  return square(slope_between(request) - 1.0);
}
Value one_sided_penalty(const Regulariser::Request& request) {
  return square(relu(slope_between(request) - 1.0));
}
Value r1(const Regulariser::Request& request) {
  return 0.5 * squared_slope(request.game, request.game.real);
}
Value r2(const Regulariser::Request& request) {
  return 0.5 * squared_slope(request.game, request.game.made);
}

Value jensen_shannon(const Regulariser::Request& request) {
  const Value of_real = square(sigmoid(negate(request.real_scores)));
  const Value of_made = square(sigmoid(request.made_scores));
  return 0.5 * (of_real * squared_slope(request.game, request.game.real) +
                of_made * squared_slope(request.game, request.game.made));
}

Value consistency(const Regulariser::Request& request) {
  Trace& trace = request.trace;
  const Shape& shape = request.game.real.shape();
  const Value noise =
      random_normal(trace.seed, trace.first_event, shape[0], shape.count(1, shape.rank()),
                    kNoiseStage, request.game.real.dtype());
  const Value moved = request.game.real + kConsistencyNoise * reshape(noise, shape);
  return square(request.real_scores - scores(request.game, moved));
}

Value drift(const Regulariser::Request& request) { return square(request.real_scores); }

template <typename Entry>
const Entry& find(std::span<const Entry> table, const char* what, const std::string& name) {
  std::vector<std::string> names;
  for (const Entry& each : table) {
    if (each.name == name) return each;
    names.push_back(each.name);
  }
  fail(Code::not_found, "there is no ", what, " '", name, "'", suggestion(name, names));
}

template <typename Entry>
std::vector<std::string> names_of(std::span<const Entry> table) {
  std::vector<std::string> names;
  for (const Entry& each : table) names.push_back(each.name);
  return names;
}

// Sums where either may be null.
Value plus(Value a, Value b) {
  if (!a) return b;
  return b ? a + b : a;
}

}  // namespace

std::span<const AdversarialLoss> adversarial_losses() {
  static const std::vector<AdversarialLoss> table = {
      {"non_saturating",
       "critic: softplus(-s(true)) + softplus(s(made)); generator: softplus(-s(made))", "1406.2661",
       logistic_critic, non_saturating_generator, true},
      {"minimax", "critic: softplus(-s(true)) + softplus(s(made)); generator: -softplus(s(made))",
       "1406.2661", logistic_critic, minimax_generator, true},
      {"least_squares", "critic: ((s(true) - 1)^2 + s(made)^2) / 2; generator: (s(made) - 1)^2 / 2",
       "1611.04076", least_squares_critic, least_squares_generator, true},
      {"hinge", "critic: relu(1 - s(true)) + relu(1 + s(made)); generator: -s(made)", "1705.02894",
       hinge_critic, score_generator, true},
      {"wasserstein",
       "critic: s(made) - s(true), to be kept Lipschitz by a penalty, by spectral normalisation or "
       "by critic_clip; generator: -s(made)",
       "1701.07875", wasserstein_critic, score_generator, false},
  };
  return table;
}

std::span<const Regulariser> regularisers() {
  static const std::vector<Regulariser> table = {
      {"gradient_penalty", "(|ds/dx| - 1)^2 at points between true and made events", "1704.00028",
       10, gradient_penalty, true},
      {"one_sided_penalty", "max(0, |ds/dx| - 1)^2 at points between true and made events",
       "1709.08894", 10, one_sided_penalty, true},
      {"r1", "|ds/dx|^2 / 2 at true events", "1801.04406", 10, r1, true},
      {"r2", "|ds/dx|^2 / 2 at made events", "1801.04406", 10, r2, true},
      {"jensen_shannon",
       "((1 - sigmoid(s))^2 |ds/dx|^2 at true and sigmoid(s)^2 |ds/dx|^2 at made events) / 2: what "
       "noise on both would add to the loss",
       "1705.09367", 0.1, jensen_shannon, true},
      {"consistency", "(s(x) - s(x + noise))^2 at true events, noise of 5 % of their spread",
       "1910.12027", 10, consistency},
      {"drift", "s^2 at true events: keeps the scores of a Wasserstein critic near zero",
       "1710.10196", 1e-3, drift},
  };
  return table;
}

const AdversarialLoss& find_adversarial_loss(const std::string& name) {
  return find(adversarial_losses(), "adversarial loss", name);
}

const Regulariser& find_regulariser(const std::string& name) {
  return find(regularisers(), "regulariser", name);
}

std::vector<std::string> adversarial_loss_names() { return names_of(adversarial_losses()); }

std::vector<std::string> regulariser_names() { return names_of(regularisers()); }

std::string adversarial_json() {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const AdversarialLoss& each : adversarial_losses()) {
    list.push_back({{"name", each.name},
                    {"kind", "loss"},
                    {"summary", each.summary},
                    {"references", {each.reference}}});
  }
  for (const Regulariser& each : regularisers()) {
    list.push_back({{"name", each.name},
                    {"kind", "regulariser"},
                    {"summary", each.summary},
                    {"weight", each.weight},
                    {"references", {each.reference}}});
  }
  for (const Conditioning& each : conditionings()) {
    list.push_back({{"name", each.name},
                    {"kind", "conditioning"},
                    {"summary", each.summary},
                    {"references", {each.reference}}});
  }
  return list.dump(2);
}

SideLoss critic_side(Trace& trace, const Adversarial::Contest& contest,
                     const TrainingOptions& options) {
  const AdversarialLoss& kind = find_adversarial_loss(options.adversarial_loss);
  SideLoss side;
  for (Game game : contest.games) {
    game.real = stop_gradient(game.real);
    game.made = stop_gradient(game.made);
    const Value real = scores(game, game.real);
    const Value made = scores(game, game.made);
    side.loss = plus(side.loss, kind.of_critic(real, made));
    const Value apart = cast(less(made, real), kDouble);
    side.told_apart = side.told_apart ? side.told_apart * apart : apart;
    for (size_t i = 0; i < options.regularisers.size(); ++i) {
      const Regulariser& regulariser = find_regulariser(options.regularisers[i]);
      const Value term = regulariser.term({trace, game, real, made});
      side.penalty = plus(side.penalty, options.regulariser_weights[i] * term);
    }
  }
  side.loss = plus(plus(side.loss, side.penalty), contest.further.of_critic);
  return side;
}

SideLoss generator_side(const Adversarial::Contest& contest, const TrainingOptions& options) {
  const AdversarialLoss& kind = find_adversarial_loss(options.adversarial_loss);
  SideLoss side;
  for (const Game& game : contest.games) {
    side.loss = plus(side.loss, kind.of_generator(scores(game, game.made)));
  }
  side.loss = plus(side.loss, contest.further.of_generator);
  return side;
}

}  // namespace castalia
