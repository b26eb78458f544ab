// How good an adversarial network's events are: it has no loss that says so.
#ifndef CASTALIA_CPP_TRAIN_JUDGING_H_
#define CASTALIA_CPP_TRAIN_JUDGING_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "cpp/base/thread_pool.h"
#include "cpp/nn/network.h"
#include "cpp/runtime/workspace.h"
#include "cpp/train/dataset.h"
#include "cpp/train/options.h"

namespace castalia {

// A distance of generated events from true ones, the smaller the better. Both have the same columns
// and no context.
using Judge =
    std::function<double(const Dataset& generated, const Dataset& reference, ThreadPool& pool)>;

// Generates events, always those of the same random numbers, and compares them with events that are
// held out. Contexts are those of these events, and are columns of both in the comparison. Columns
// are shifted and scaled so that those held out have mean 0 and deviation 1.
class Judging {
 public:
  // The rows of `data` that `held_out` names, options.judge_events of them at most. Two or more.
  Judging(Network& network, ParameterTable& table, DType dtype, const TrainingOptions& options,
          const Dataset& data, std::span<const int64_t> held_out, Judge judge, int threads,
          std::shared_ptr<Arena> arena);

  // The Program that generates; its states are bound by the trainer.
  Workspace& program() { return *program_; }

  struct Verdict {
    double distance;
    // Of the generated features' deviations over those of the true ones, 1 at most each, the mean:
    // near zero where all events are the same.
    double spread;
  };
  // Errors: numerical, where generated events are not finite; those of the judge.
  Verdict run(ThreadPool& pool);

 private:
  int64_t features_;
  int64_t batch_;
  uint64_t seed_;
  Judge judge_;
  std::vector<double> context_;         // (rows, context features), as given
  std::vector<double> centre_, width_;  // of the columns, features first
  Dataset reference_, generated_;
  std::unique_ptr<Workspace> program_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_TRAIN_JUDGING_H_
