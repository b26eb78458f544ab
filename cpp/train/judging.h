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

struct Judge {
  // A distance of generated events from true ones, the smaller the better. Both have the same
  // columns and no context.
  std::function<double(const Dataset& generated, const Dataset& reference, ThreadPool& pool)>
      distance;
  // The columns that it is taken of, one row an event, from the model's own; null: these.
  std::function<Dataset(const Dataset& events, ThreadPool& pool)> observe = nullptr;

  explicit operator bool() const { return distance != nullptr; }
};

// Generates events, always those of the same random numbers, and compares them with events that are
// held out. Contexts are those of these events, and are columns of both in the comparison, unless
// events do not belong with them (Adversarial::paired()). Columns
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
  void generate(ThreadPool& pool);
  // The columns of events, shifted and scaled, and those of the contexts.
  Dataset compared(const Dataset& events, ThreadPool& pool) const;

  int64_t batch_;
  uint64_t seed_;
  Judge judge_;
  bool paired_;
  Dataset truth_;  // held out; its contexts are those of the generated events
  Dataset generated_;
  std::vector<double> centre_, width_;  // of the columns that are compared
  Dataset reference_;                   // truth_ as compared; without columns before the first run
  std::unique_ptr<Workspace> program_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_TRAIN_JUDGING_H_
