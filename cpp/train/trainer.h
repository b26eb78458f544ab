// The training loop, one step at a time.
#ifndef CASTALIA_CPP_TRAIN_TRAINER_H_
#define CASTALIA_CPP_TRAIN_TRAINER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cpp/base/thread_pool.h"
#include "cpp/nn/network.h"
#include "cpp/runtime/workspace.h"
#include "cpp/train/dataset.h"
#include "cpp/train/options.h"

namespace castalia {

// Minimises the weighted mean of Network::loss() by Adam. One step is one run of one Program: forward,
// backward, clipping, update and running mean. Bit-identical for any number of threads, and when it
// goes on from a checkpoint. Belongs to one thread at a time.
class Trainer {
 public:
  // The network is the trainer's own: its preprocessing is fitted here, unless it is already. `table` is closed;
  // `parameters` holds table.count() elements of `dtype`. threads 0: all cores.
  // Errors: shape_mismatch (data of other widths), empty_data (fewer events than a batch),
  // invalid_argument (a checkpoint of another run), and those of Network::fit_preprocessing() and
  // check_rows(), with row and column.
  Trainer(std::unique_ptr<Network> network, const ParameterTable& table, DType dtype,
          const void* parameters, std::shared_ptr<const Dataset> data, TrainingOptions options,
          int threads);

  // Takes up to `steps` further steps; returns how many were taken: fewer when training ends. On an
  // Error (numerical: names step and operator; io_error of a checkpoint) the last good state stands.
  int64_t advance(int64_t steps);

  int64_t step() const { return step_; }
  int64_t steps() const { return steps_; }
  bool finished() const { return stopped_early_ || step_ >= steps_; }
  double loss() const { return loss_; }                        // mean over the last advance()
  double validation_loss() const { return validation_loss_; }  // NaN before the first
  // Lists of step, loss, validation loss and learning rate, at each validation.
  std::string history_json() const;
  std::string options_json() const { return options_.json; }

  void save_checkpoint(const std::string& path) const;

  // The result so far: the best weights by validation, else the running mean or the last weights.
  const void* parameters() const;
  const Network& network() const { return *network_; }
  const Dataset& data() const { return *data_; }

 private:
  struct Record {
    double step, loss, validation_loss, learning_rate;
  };

  void split();
  std::unique_ptr<Workspace> step_workspace(bool fuse);
  void compile_validation();
  Value traced_loss(Graph& graph, Trace& trace, Value* weight);
  void gather(Workspace& workspace, const int64_t* rows, int64_t count);
  void take_step();
  [[noreturn]] void explain_failure();
  void validate();
  void read_checkpoint(const std::string& path);
  std::string run_identity() const;
  size_t parameter_bytes() const;
  // The weights that are judged and kept.
  const AlignedBuffer& judged() const { return options_.ema > 0 ? ema_ : flat_; }

  std::unique_ptr<Network> network_;
  ParameterTable table_;
  DType dtype_;
  std::shared_ptr<const Dataset> data_;
  TrainingOptions options_;
  ThreadPool pool_;

  std::vector<int64_t> training_rows_;
  std::vector<int64_t> validation_rows_;
  std::vector<int64_t> order_;  // of this epoch
  int64_t order_epoch_ = -1;
  int64_t steps_per_epoch_ = 0;
  int64_t validate_every_ = 0;

  // States of the Programs.
  AlignedBuffer flat_, first_moment_, second_moment_, ema_, best_;
  std::unique_ptr<Workspace> training_;
  std::unique_ptr<Workspace> validation_;

  int64_t step_ = 0;
  int64_t steps_ = 0;
  int64_t worse_ = 0;  // validations since the best
  bool stopped_early_ = false;
  bool has_best_ = false;
  double loss_ = 0;
  double validation_loss_;
  double best_loss_;
  double loss_sum_ = 0;  // since the last record
  int64_t loss_count_ = 0;
  std::vector<Record> history_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_TRAIN_TRAINER_H_
