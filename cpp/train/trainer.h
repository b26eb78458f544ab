// The training loop, one step at a time.
#ifndef CASTALIA_CPP_TRAIN_TRAINER_H_
#define CASTALIA_CPP_TRAIN_TRAINER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/base/thread_pool.h"
#include "cpp/nn/network.h"
#include "cpp/runtime/resources.h"
#include "cpp/runtime/workspace.h"
#include "cpp/train/dataset.h"
#include "cpp/train/judging.h"
#include "cpp/train/lbfgs.h"
#include "cpp/train/learner.h"
#include "cpp/train/objective.h"
#include "cpp/train/options.h"
#include "cpp/train/schedule.h"
#include "cpp/train/step_graph.h"

namespace castalia {

// Minimises the weighted mean of the objective's losses (cpp/train/objective.h), by default those
// of Network::loss(). One step is one run of one Program: forward, backward, clipping, the
// optimiser's update and the running mean; before it, where gradients are accumulated, one run for
// each further batch. A step of lbfgs is a loop on the host over such runs. With a target each run
// is preceded by one that draws, and by a call of the target on the caller's thread. A step of an
// adversarial network (cpp/nn/adversarial.h) is critic_steps runs in which the critic learns, each
// from events of its own, and one of the generator with the contexts of the last of them; its
// weights are judged by how its events compare with those held out. Bit-identical
// for any number of threads, and when it goes on from a checkpoint. Belongs to one thread at a
// time.
class Trainer {
 public:
  // The network is the trainer's own: its preprocessing is fitted here, unless it is already.
  // `table` is closed; `parameters` holds table.count() elements of `dtype`. On a device the steps
  // are computed there; threads 0: all cores. `data` may be null with an objective that reads no
  // events and a network without a context; where they are given all the same they are what the
  // preprocessing is fitted to and where contexts come from. Errors: shape_mismatch (data of other
  // widths), empty_data (fewer events than a step takes, or none to judge a plateau by), those of
  // check_objective(), not_found (a group's pattern that fits no parameter), invalid_argument (a
  // checkpoint of another run), and those of Network::fit_preprocessing() and check_rows(), with
  // row and column. Without a judge an adversarial network's last weights are kept, and no events
  // are held out. `model` is what the network was built from, JSON: part of what makes a run the
  // same run.
  Trainer(std::unique_ptr<Network> network, const ParameterTable& table, DType dtype,
          const void* parameters, std::shared_ptr<const Dataset> data, TrainingOptions options,
          Resources resources, std::shared_ptr<Target> target = nullptr, Judge judge = {},
          std::string model = {});

  // Takes up to `steps` further steps; returns how many were taken: fewer when training ends. On an
  // Error (numerical: names step and operator; io_error of a checkpoint; what a target fails with)
  // the last good state stands. When the device fails (internal, out_of_memory: names the step, and
  // the checkpoint to go on from) the last checkpoint is as it was, and the device may be lost.
  int64_t advance(int64_t steps);

  int64_t step() const { return step_; }
  int64_t steps() const { return steps_; }
  bool finished() const { return stop_ != Stop::no || step_ >= steps_; }
  // The mean over the last advance(); of an adversarial network the generator's.
  double loss() const { return loss_; }
  // NaN before the first; of an adversarial network the judge's distance.
  double validation_loss() const { return validation_loss_; }
  // Why training ended before its last step, for people; empty where it did not.
  std::string stopped() const;
  // Lists of step, loss, validation loss and learning rate, at each validation; with a target of
  // log_z, log_z_error and effective_fraction, too: what the draws since the last record say of its
  // integral, and their effective sample size over their number; of an adversarial network of
  // critic_loss, penalty (the regularisers' part of it), told_apart (the share of pairs in which
  // the critic finds the true event truer) and the norms of both gradients, means since the last
  // record. "stopped" where it is not empty.
  std::string history_json() const;
  std::string options_json() const { return options_.json; }

  void save_checkpoint(const std::string& path) const;

  // The result so far: the best weights by validation, else the running mean or the last weights.
  std::vector<double> parameter_values() const;
  const Network& network() const { return *network_; }
  const Dataset& data() const { return *data_; }  // without rows where there are none
  // What was drawn last on the way to a target, (batch, features); empty without one.
  std::span<const double> draws() const {
    return draws_ ? draws_->points() : std::span<const double>();
  }
  // The rows of data() that are held out, ascending.
  std::span<const int64_t> validation_rows() const { return validation_rows_; }

 private:
  struct Record {
    double step, loss, validation_loss, learning_rate;
  };
  struct DrawsRecord {
    double log_z, log_z_error, effective_fraction;
  };
  // Of an adversarial network: means over the steps since the last record.
  struct CriticRecord {
    double loss, penalty, told_apart, gradient_norm, generator_gradient_norm;
    void add(const CriticRecord& other, double share);
  };
  static constexpr size_t kCriticFigures = 5;
  static_assert(sizeof(CriticRecord) == kCriticFigures * sizeof(double));
  enum class Stop { no, patience, saturated, collapsed };

  void split();
  void plan_steps(int64_t steps_per_epoch);
  void make_learners(const void* parameters, size_t own_bytes);
  using TraceGraph = void (*)(const StepGraphRequest&, Graph&);
  std::unique_ptr<Workspace> workspace(TraceGraph trace, Learner& learner, bool fuse);
  void bind(Workspace& workspace, Learner& learner, bool judged);
  void order_events();
  std::span<const int64_t> rows_of_turn(int64_t turn) const;
  double weight_of(std::span<const int64_t> rows) const;
  void gather(Workspace& workspace, std::span<const int64_t> rows, int64_t first_event);
  void begin_parts(Learner& learner, int64_t turn);
  double run_part(Workspace& program, int64_t turn, int64_t run, int64_t part);
  void draw(Workspace& step, int64_t first_event);
  bool is_good(Workspace& program) const;
  void take_step();
  [[noreturn]] void explain_loss_of_device(const Error& error) const;
  double step_of_programs();
  double learn(Learner& learner, int64_t turn, int64_t run);
  double step_of_lbfgs();
  double loss_and_gradient(std::span<double> weights, std::span<double> gradient);
  [[noreturn]] void explain_failure(Workspace& failed, TraceGraph trace, Learner& learner);
  void validate();
  double held_out_loss();
  double judged_distance();
  void keep_if_best();
  void record();
  void read_checkpoint(const std::string& path);
  std::string run_identity() const;
  Learner& generator() { return learners_.front(); }
  bool adversarial() const { return learners_.size() > 1; }

  std::string model_;
  std::unique_ptr<Network> network_;
  ParameterTable table_;
  DType dtype_;
  std::shared_ptr<const Dataset> data_;
  TrainingOptions options_;
  const Device* device_;          // null: the host
  std::shared_ptr<Arena> arena_;  // of all Programs on a device; null on the host
  ThreadPool pool_;

  std::vector<int64_t> training_rows_;
  std::vector<int64_t> validation_rows_;
  std::vector<int64_t> order_;  // of this epoch
  int64_t order_epoch_ = -1;
  int64_t steps_per_epoch_ = 0;
  int64_t validate_every_ = 0;

  // One, or the generator and the critic.
  std::vector<Learner> learners_;
  std::map<std::string, StateMemory> frozen_;  // states of the network that are not learned
  int64_t turns_ = 1;  // batches of events in a step, each of options_.accumulate parts
  std::unique_ptr<Workspace> validation_;
  std::unique_ptr<Judging> judging_;  // of an adversarial network
  std::unique_ptr<LearningRate> rate_;
  std::unique_ptr<Lbfgs> lbfgs_;
  std::unique_ptr<TargetDraws> draws_;  // with a target
  std::vector<double> lbfgs_weights_, lbfgs_mean_;

  int64_t step_ = 0;
  int64_t steps_ = 0;
  int64_t checkpointed_ = -1;  // the step of the file options_.checkpoint; -1: there is none
  int64_t worse_ = 0;          // validations since the best
  int64_t saturated_ = 0;      // records in a row with a critic that tells all apart
  int64_t collapsed_ = 0;      // judgements in a row without a spread
  Stop stop_ = Stop::no;
  bool has_best_ = false;
  double last_rate_ = 0;  // of the last step; with lbfgs its length
  double loss_ = 0;
  double validation_loss_;
  double best_loss_;
  double loss_sum_ = 0;  // since the last record
  int64_t loss_count_ = 0;
  std::vector<Record> history_;
  std::vector<DrawsRecord> draws_history_;    // with a target one for each of history_
  CriticRecord critic_sums_{};                // since the last record
  std::vector<CriticRecord> critic_history_;  // of an adversarial network one for each of history_
};

}  // namespace castalia

#endif  // CASTALIA_CPP_TRAIN_TRAINER_H_
