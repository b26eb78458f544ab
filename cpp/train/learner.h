// One of those who learn in a training: a stretch of the flat parameters with all that its
// optimiser keeps of it.
#ifndef CASTALIA_CPP_TRAIN_LEARNER_H_
#define CASTALIA_CPP_TRAIN_LEARNER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cpp/base/dtype.h"
#include "cpp/nn/network.h"
#include "cpp/runtime/state_memory.h"
#include "cpp/runtime/workspace.h"
#include "cpp/train/options.h"
#include "cpp/train/step_graph.h"

namespace castalia {

struct Learner {
  // Elements [first, first + count) of the table's parameters, which begin with `values`.
  Learner(Side side, const ParameterTable& table, DType dtype, const void* values,
          const TrainingOptions& options, const Device* device = nullptr);

  // What its tensors are called in a checkpoint begins with this: "" or "critic_".
  const char* prefix() const { return side == Side::critic ? "critic_" : ""; }
  // The weights that are judged and kept.
  StateMemory& judged() { return keeps_mean ? ema : weights; }
  const StateMemory& judged() const { return keeps_mean ? ema : weights; }
  // The memory of a state of its own Programs, besides the parameters; null for one that it has
  // not.
  StateMemory* memory(const std::string& state);

  Side side;
  int64_t first;
  int64_t count;
  size_t bytes;     // of count elements
  int64_t turns;    // its optimiser steps in a step of training
  double rate;      // its learning rate over that of the schedule
  bool keeps_mean;  // whether the running mean is its result

  StateMemory weights, first_moment, second_moment, ema, best;
  StateMemory gradient_sum, rate_factors, decay_factors;  // only where they are used
  std::unique_ptr<Workspace> step;                        // null with lbfgs
  std::unique_ptr<Workspace> part;  // of a batch of several, or of lbfgs; else null
};

// An output of a Program that is a float64 scalar.
double read_scalar(Workspace& workspace, const char* name);

}  // namespace castalia

#endif  // CASTALIA_CPP_TRAIN_LEARNER_H_
