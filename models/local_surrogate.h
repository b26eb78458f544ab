// Minimises the mean of an objective over the events of a simulator that has no derivatives, by
// derivatives of a generative model of it near the present parameters (arXiv:2002.04632).
#ifndef CASTALIA_MODELS_LOCAL_SURROGATE_H_
#define CASTALIA_MODELS_LOCAL_SURROGATE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cpp/base/fields.h"
#include "cpp/prob/target.h"
#include "cpp/runtime/resources.h"
#include "cpp/train/dataset.h"
#include "cpp/train/options.h"
#include "models/model.h"

namespace castalia {

// Events that a simulator is asked for, row-major.
struct SimulatorRequest {
  std::span<const double> parameters;
  int64_t rows = 0;
  std::span<const double> inputs;  // (rows, inputs): what each event starts from; empty for none
  int64_t first_row = 0;           // events asked for before: with it draws can be told apart
  std::span<double> out;           // (rows, outputs)
};
// An exception ends the call that it came from, and the same is asked for again later.
using Simulator = std::function<void(const SimulatorRequest&)>;

std::span<const Field> surrogate_fields();
std::string surrogate_fields_json();

// The fields mean what surrogate_fields() says.
struct SurrogateOptions {
  // From a JSON object, empty text for the defaults, for so many parameters. Errors: those of
  // FieldValues; shape_mismatch for lists that have neither one entry nor one a parameter.
  SurrogateOptions(const std::string& json, int64_t parameters);

  std::vector<double> region;        // one a parameter
  std::vector<double> lower, upper;  // one a parameter; infinite where there is none
  int64_t points;
  int64_t events;
  int64_t moves;
  int64_t draws;
  bool adam;
  double learning_rate;
  double beta1, beta2;
  bool fresh;
  uint64_t seed;
};

// One step: the simulator is asked for events at points of a latin hypercube about the present
// parameters, which are the first point; the model learns the events of all points so far that lie
// in the region about these; and the parameters move along the derivative of the mean objective of
// the model's events. Everything that is drawn follows options.seed; results do not depend on the
// number of threads. Belongs to one thread at a time.
class LocalSurrogate {
 public:
  struct Setting {
    // Its features are the simulator's outputs, its context the parameters followed by the inputs;
    // its events are differentiable (Network::sample_is_differentiable). It is held only while it
    // learns, and has the weights of the last surrogate afterwards.
    std::shared_ptr<Model> model;
    TrainingOptions training;
    std::vector<double> start;
    // x is what events start from, drawn with replacement; null where that is nothing.
    std::shared_ptr<const Dataset> inputs;
    // The function of an event whose mean is made small, with a gradient: what the target calls the
    // logarithm of a density is taken as it is. Null: the sum of the event's columns.
    std::shared_ptr<Target> objective;
    Simulator simulator;
    Resources resources;
  };

  // Errors: those of SurrogateOptions; shape_mismatch (widths of model, inputs, objective),
  // empty_data (fewer events in a step than training takes), out_of_range (a start outside its
  // bounds), unsupported (a model or an objective that cannot be differentiated).
  LocalSurrogate(Setting setting, const std::string& options_json);

  // Takes steps. On an Error (what the simulator or the objective throws; not_finite: their
  // answers, with the point; busy: the model; those of training) the parameters stand where they
  // stood, the events that were simulated are kept, and the next call goes on from there.
  void advance(int64_t steps);

  int64_t step() const { return step_; }
  int64_t simulated() const { return rows_; }  // events so far
  const std::vector<double>& parameters() const { return present_; }

  // Events of one parameter vector, and what they say of the objective.
  struct Point {
    std::vector<double> parameters;
    double objective;
    double error;  // standard deviation of the mean; NaN for one event
  };
  // The simulated point with the least mean objective; null before the first.
  const Point* best() const;
  // JSON: step, simulated, parameters; best: the simulated point with the least mean objective
  // (parameters, objective, error), null before the first; lists, one entry a step: history
  // (simulated, objective and error at the parameters that the step started from, learned: events
  // that the model learned from, gradient, parameters after the step); points: all that were
  // simulated (parameters, objective, error).
  std::string describe() const;

 private:
  struct Record {
    int64_t simulated;
    double objective, error;
    int64_t learned;
    std::vector<double> gradient, parameters;
  };

  void take_step();
  std::vector<double> design(int64_t point) const;
  void simulate(std::vector<double> parameters);
  std::vector<double> drawn_inputs(uint64_t first, int64_t rows) const;
  std::shared_ptr<const Dataset> neighbours() const;
  void learn(std::shared_ptr<const Dataset> events);
  std::vector<double> move(int64_t step_of_optimiser);
  void values_of(std::span<const double> events, std::span<double> values,
                 std::span<double> gradient) const;
  class Derivative;

  Setting setting_;
  SurrogateOptions options_;
  int64_t outputs_;
  int64_t inputs_;

  std::vector<double> present_, first_moment_, second_moment_;
  int64_t step_ = 0;
  int64_t rows_ = 0;
  int64_t done_ = 0;           // points of this step that are simulated
  std::vector<Point> points_;  // options_.events events each
  std::vector<double> x_, y_;  // of all points, (rows, inputs) and (rows, outputs)
  std::vector<Record> history_;
};

}  // namespace castalia

#endif  // CASTALIA_MODELS_LOCAL_SURROGATE_H_
