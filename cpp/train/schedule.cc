#include "cpp/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace castalia {
namespace {

// One-cycle (arXiv 1708.07120): up over this part of the run, then down.
constexpr double kRise = 0.3;
// ... from this fraction of the highest rate.
constexpr double kStart = 1.0 / 25.0;

// From `a` at 0 to `b` at 1 along half a cosine.
double half_cosine(double a, double b, double x) {
  return b + (a - b) * 0.5 * (1.0 + std::cos(std::numbers::pi * std::clamp(x, 0.0, 1.0)));
}

}  // namespace

LearningRate::LearningRate(const TrainingOptions& options, int64_t steps, int64_t steps_per_epoch)
    : options_(options),
      steps_(steps),
      decay_every_(
          static_cast<double>(options.decay_every > 0 ? options.decay_every : steps_per_epoch)),
      cycle_(static_cast<double>(options.cycle > 0 ? options.cycle : steps_per_epoch)) {}

double LearningRate::at(int64_t step) const {
  const auto rising = static_cast<double>(options_.warmup);
  const double warm =
      step < options_.warmup ? (static_cast<double>(step) + 1.0) / (rising + 1.0) : 1.0;
  return warm * scheduled(step);
}

double LearningRate::scheduled(int64_t step) const {
  const double highest = options_.learning_rate;
  const double lowest = highest * options_.final_fraction;
  const double factor = options_.decay_factor;
  const auto at = static_cast<double>(step);
  const double x = at / static_cast<double>(std::max<int64_t>(steps_ - 1, 1));
  switch (options_.schedule) {
    case Schedule::constant: return highest;
    case Schedule::step: return highest * std::pow(factor, std::floor(at / decay_every_));
    case Schedule::multi_step: {
      const auto& milestones = options_.milestones;
      const auto passed = std::upper_bound(milestones.begin(), milestones.end(), step);
      return highest * std::pow(factor, static_cast<double>(passed - milestones.begin()));
    }
    case Schedule::exponential: return highest * std::pow(factor, at / decay_every_);
    case Schedule::cosine: return half_cosine(highest, lowest, x);
    case Schedule::cosine_restarts: return half_cosine(highest, lowest, place_in_cycle(at));
    case Schedule::one_cycle:
      if (x < kRise) return half_cosine(highest * kStart, highest, x / kRise);
      return half_cosine(highest, lowest, (x - kRise) / (1.0 - kRise));
    case Schedule::polynomial:
      return lowest + (highest - lowest) * std::pow(std::max(1.0 - x, 0.0), options_.power);
    case Schedule::reduce_on_plateau: return std::max(highest * plateau_.factor, lowest);
  }
  return highest;
}

double LearningRate::place_in_cycle(double step) const {
  if (options_.cycle_growth == 1) return std::fmod(step, cycle_) / cycle_;
  double length = cycle_;
  while (step >= length) {
    step -= length;
    length *= options_.cycle_growth;
  }
  return step / length;
}

void LearningRate::observe(double validation_loss) {
  if (options_.schedule != Schedule::reduce_on_plateau) return;
  // Losses may be negative: better is lower by a fraction of the magnitude.
  const double margin =
      std::isfinite(plateau_.best) ? options_.plateau_threshold * std::abs(plateau_.best) : 0;
  if (validation_loss < plateau_.best - margin) {
    plateau_.best = validation_loss;
    plateau_.worse = 0;
  } else {
    ++plateau_.worse;
  }
  if (plateau_.resting > 0) {
    --plateau_.resting;
    plateau_.worse = 0;
  }
  if (plateau_.worse >= options_.plateau_patience) {
    plateau_.factor *= options_.decay_factor;
    plateau_.resting = options_.plateau_cooldown;
    plateau_.worse = 0;
  }
}

}  // namespace castalia
