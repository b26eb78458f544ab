// The learning rate of each step.
#ifndef CASTALIA_CPP_TRAIN_SCHEDULE_H_
#define CASTALIA_CPP_TRAIN_SCHEDULE_H_

#include <cstdint>
#include <limits>

#include "cpp/train/options.h"

namespace castalia {

// Written for step s (from 0) of S steps, with x = s / (S - 1), the highest rate R, the lowest
// r = final_fraction R, the factor f and c(a, b, x) = b + (a - b) (1 + cos(pi x)) / 2:
//   constant           R
//   step               R f^floor(s / decay_every)
//   multi_step         R f^(number of milestones up to s)
//   exponential        R f^(s / decay_every)
//   cosine             c(R, r, x)
//   cosine_restarts    c(R, r, place in the cycle), cycles cycle, cycle_growth cycle, ... steps
//   long one_cycle          c(R / 25, R, x / 0.3), then c(R, r, (x - 0.3) / 0.7) polynomial r + (R
//   - r) (1 - x)^power reduce_on_plateau  R f^(number of plateaus so far), at least r
// each times (s + 1) / (warmup + 1) in the first `warmup` steps.
class LearningRate {
 public:
  LearningRate(const TrainingOptions& options, int64_t steps, int64_t steps_per_epoch);

  double at(int64_t step) const;

  // What a validation gave; only reduce_on_plateau listens.
  void observe(double validation_loss);

  // What reduce_on_plateau remembers.
  struct Plateau {
    double factor = 1;
    double best = std::numeric_limits<double>::infinity();
    int64_t worse = 0;    // validations since the best
    int64_t resting = 0;  // validations that do not count yet
  };
  const Plateau& plateau() const { return plateau_; }
  void set_plateau(const Plateau& plateau) { plateau_ = plateau; }

 private:
  double scheduled(int64_t step) const;
  double place_in_cycle(double step) const;

  TrainingOptions options_;
  int64_t steps_;
  double decay_every_;
  double cycle_;
  Plateau plateau_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_TRAIN_SCHEDULE_H_
