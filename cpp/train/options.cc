#include "cpp/train/options.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <vector>

#include "cpp/base/status.h"

namespace castalia {
namespace {

constexpr double kMany = 1e15;

// One-cycle (arXiv 1708.07120): up over this part of the run, then down.
constexpr double kRise = 0.3;
// ... from this fraction of the highest rate.
constexpr double kStart = 1.0 / 25.0;

// From `a` at 0 to `b` at 1 along half a cosine.
double half_cosine(double a, double b, double x) {
  return b + (a - b) * 0.5 * (1.0 + std::cos(std::numbers::pi * std::clamp(x, 0.0, 1.0)));
}

Schedule schedule_of(const std::string& name) {
  if (name == "constant") return Schedule::constant;
  return name == "cosine" ? Schedule::cosine : Schedule::one_cycle;
}

}  // namespace

std::span<const Field> training_fields() {
  using enum FieldType;
  static const std::vector<Field> fields = {
      {.name = "steps", .type = integer, .default_value = "0",
       .meaning = "optimiser steps; 0: as many as `epochs` asks for", .least = 0, .greatest = kMany},
      {.name = "epochs", .type = integer, .default_value = "20",
       .meaning = "passes over the training events, when steps is 0", .least = 1, .greatest = kMany},
      {.name = "batch", .type = integer, .default_value = "1024",
       .meaning = "events in a step", .least = 1, .greatest = 1 << 24},
      {.name = "learning_rate", .type = real, .default_value = "1e-3",
       .meaning = "highest learning rate of Adam (arXiv 1412.6980)", .least = 0, .greatest = 1e3},
      {.name = "schedule", .type = text, .default_value = R"("cosine")",
       .meaning = "how the learning rate changes over the run (one_cycle: arXiv 1708.07120)",
       .choices = {"constant", "cosine", "one_cycle"}},
      {.name = "final_fraction", .type = real, .default_value = "1e-3",
       .meaning = "learning rate at the end, as a fraction of the highest", .least = 0, .greatest = 1},
      {.name = "warmup", .type = integer, .default_value = "0",
       .meaning = "steps over which the learning rate first rises from zero", .least = 0, .greatest = kMany},
      {.name = "beta1", .type = real, .default_value = "0.9",
       .meaning = "decay of Adam's first moment", .least = 0, .greatest = 0.999999},
      {.name = "beta2", .type = real, .default_value = "0.999",
       .meaning = "decay of Adam's second moment", .least = 0, .greatest = 0.9999999},
      {.name = "epsilon", .type = real, .default_value = "1e-8",
       .meaning = "added to the root of Adam's second moment", .least = 0, .greatest = 1},
      {.name = "weight_decay", .type = real, .default_value = "0",
       .meaning = "decoupled weight decay (arXiv 1711.05101)", .least = 0, .greatest = 1e3},
      {.name = "clip_norm", .type = real, .default_value = "0",
       .meaning = "the gradient's norm is cut to this; 0: not cut", .least = 0, .greatest = 1e30},
      {.name = "ema", .type = real, .default_value = "0",
       .meaning = "decay of the running mean of the weights that the model gets; 0: the weights themselves",
       .least = 0, .greatest = 0.9999999},
      {.name = "validation", .type = real, .default_value = "0.1",
       .meaning = "fraction of the events held out to judge the weights by", .least = 0, .greatest = 0.9},
      {.name = "validate_every", .type = integer, .default_value = "0",
       .meaning = "steps between validations; 0: once an epoch", .least = 0, .greatest = kMany},
      {.name = "patience", .type = integer, .default_value = "0",
       .meaning = "validations without a better loss after which training stops; 0: never",
       .least = 0, .greatest = kMany},
      {.name = "seed", .type = integer, .default_value = "0",
       .meaning = "seed of the validation split and the order of events", .least = 0,
       .greatest = 9007199254740992.0},
      {.name = "checkpoint", .type = text, .default_value = R"("")",
       .meaning = "file that holds the state of training; a run goes on from it; empty: none"},
      {.name = "checkpoint_every", .type = integer, .default_value = "500",
       .meaning = "steps between checkpoints", .least = 1, .greatest = kMany},
      {.name = "resume", .type = boolean, .default_value = "true",
       .meaning = "go on from the checkpoint file where there is one"},
  };
  return fields;
}

std::string training_fields_json() {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Field& field : training_fields()) list.push_back(describe(field));
  return list.dump(2);
}

TrainingOptions::TrainingOptions(const std::string& text) {
  const FieldValues values("training", training_fields(), text);
  steps = values.integer("steps");
  epochs = values.integer("epochs");
  batch = values.integer("batch");
  learning_rate = values.real("learning_rate");
  schedule = schedule_of(values.text("schedule"));
  final_fraction = values.real("final_fraction");
  warmup = values.integer("warmup");
  beta1 = values.real("beta1");
  beta2 = values.real("beta2");
  epsilon = values.real("epsilon");
  weight_decay = values.real("weight_decay");
  clip_norm = values.real("clip_norm");
  ema = values.real("ema");
  validation = values.real("validation");
  validate_every = values.integer("validate_every");
  patience = values.integer("patience");
  seed = static_cast<uint64_t>(values.integer("seed"));
  checkpoint = values.text("checkpoint");
  checkpoint_every = values.integer("checkpoint_every");
  resume = values.boolean("resume");
  json = values.json();
  if (patience > 0 && validation == 0) {
    fail(Code::invalid_argument, "training.patience needs events to judge by: set training.validation");
  }
}

double TrainingOptions::learning_rate_at(int64_t step, int64_t steps) const {
  const auto at = static_cast<double>(step);
  const auto rising = static_cast<double>(warmup);
  const double warm = step < warmup ? (at + 1.0) / (rising + 1.0) : 1.0;
  const double x = at / static_cast<double>(std::max<int64_t>(steps - 1, 1));
  const double last = learning_rate * final_fraction;
  switch (schedule) {
    case Schedule::constant:
      return warm * learning_rate;
    case Schedule::cosine:
      return warm * half_cosine(learning_rate, last, x);
    case Schedule::one_cycle:
      if (x < kRise) return warm * half_cosine(learning_rate * kStart, learning_rate, x / kRise);
      return warm * half_cosine(learning_rate, last, (x - kRise) / (1.0 - kRise));
  }
  return learning_rate;
}

}  // namespace castalia
