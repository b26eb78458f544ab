// What training minimises: the network's own loss, or a distance between its density and a target.
#ifndef CASTALIA_CPP_TRAIN_OBJECTIVE_H_
#define CASTALIA_CPP_TRAIN_OBJECTIVE_H_

#include <memory>
#include <span>
#include <vector>

#include "cpp/base/thread_pool.h"
#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"
#include "cpp/prob/importance.h"
#include "cpp/prob/target.h"
#include "cpp/runtime/workspace.h"
#include "cpp/train/options.h"
#include "cpp/train/step_graph.h"

namespace castalia {

// Whether an objective learns from a target, and whether from events.
bool has_target(Objective objective);
bool reads_events(Objective objective);

// Parameters of training alone, declared behind the network's own in a copy of its table: the
// classifier of Objective::classifier. The network's preprocessing is fitted.
ParameterTable training_table(Network& network, const ParameterTable& table, DType dtype,
                              const TrainingOptions& options);

// The losses of the rows of a batch, float64 (rows, 1). With a target it reads the inputs that
// TargetDraws::fill() writes.
Value objective_losses(const StepGraphRequest& request, Trace& trace, Value x, Value context);

// The estimator that is used: `automatic` is total where the target has a gradient and the draws
// are differentiable, else score. forward_kl and variance have the score alone.
Estimator estimator_of(const Network& network, const Target& target,
                       const TrainingOptions& options);

// Errors (invalid_argument, unsupported): an objective without its target or with one that it does
// not use, and an estimator that the network or the target cannot give.
void check_objective(const Network& network, const Target* target, const TrainingOptions& options);

// The host's part of a step towards a target. The target stands between two Programs: the first
// draws points x from the network, with log q(x); the host asks the target for log p(x) and makes
// of both one number or one vector a row; the second (objective_losses) gives the gradient:
//
//   reverse_kl, E_q[log q - log p]
//     path    sum(pull x), pull = d/dx (log q - log p) held fixed, through the draws
//             (arXiv 1703.09194, 2207.08219): no noise is left where q = p, but far from it
//             d/dx log q of a spline has a heavy tail
//     total   log q + sum(pull x), pull = -d/dx log p, through the draws
//     score   c log q(x), x fixed, c = n / (n - 1) (r - mean r) with r = log q - log p: the score
//             function with the other draws' mean as control variate; needs no derivative of the
//             target nor of the draws (arXiv 2010.10436)
//   forward_kl, E_p[log p - log q]
//             c log q(x), c = -n w / sum w, w = p / q (arXiv 2001.05486)
//   variance, of w under q
//             c log q(x), c = -(n w / sum w)^2 (arXiv 2212.06172)
//
// forward_kl and variance take targets that are zero in places. n is the batch; with contexts the
// weights are compared across them.
class TargetDraws {
 public:
  // Errors as check_objective().
  TargetDraws(Network& network, ParameterTable& table, DType dtype, const TrainingOptions& options,
              std::shared_ptr<Target> target, int threads, std::shared_ptr<Arena> arena);

  // The Program that draws; its states are bound by the trainer.
  Workspace& proposal() { return *proposal_; }

  // Draws for events first_event, ... and asks the target. `context` is the proposal's input.
  // Errors: what the target fails with; numerical, where draws or weights are broken.
  void draw(ThreadPool& pool, uint64_t seed, int64_t first_event);
  // Writes the inputs of a Program that traces objective_losses().
  void fill(Workspace& step) const;

  Estimator estimator() const { return estimator_; }
  // Of the draws since they were last set to zero.
  const ImportanceSums& sums() const { return sums_; }
  ImportanceSums& sums() { return sums_; }

  Target& target() const { return *target_; }
  // The points drawn last, (batch, features); empty before the first.
  std::span<const double> points() const { return drawn_ ? points_ : std::span<const double>(); }

 private:
  void judge();
  void set_coefficients();
  void set_pulls(const double* log_prob_gradient);

  int64_t rows_;
  int64_t features_;
  int64_t context_features_;
  Objective objective_;
  Estimator estimator_;
  std::shared_ptr<Target> target_;
  std::unique_ptr<Workspace> proposal_;
  // (rows, features)
  std::vector<double> points_, pulls_, target_gradient_;
  // (rows)
  std::vector<double> log_prob_, log_target_, log_weights_, values_, coefficients_;
  bool drawn_ = false;
  ImportanceSums sums_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_TRAIN_OBJECTIVE_H_
