#include "models/local_surrogate.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>
#include <utility>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/compile/compile.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/state_memory.h"
#include "cpp/runtime/workspace.h"
#include "models/fit.h"

namespace castalia {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// The surrogate's events of different steps share no draws, nor with samples of small numbers.
constexpr uint64_t kFirstDraw = uint64_t{1} << 40;
// What the optimiser adds to the root of the second moment, of a gradient of any size.
constexpr double kEpsilon = 1e-8;

// One a parameter from one for all, or from one a parameter, or from none.
std::vector<double> for_each(const FieldValues& values, const char* field, int64_t parameters,
                             double otherwise) {
  std::vector<double> list = values.reals(field);
  if (list.empty()) list = {otherwise};
  if (list.size() == 1) list.resize(static_cast<size_t>(parameters), list.front());
  if (std::ssize(list) != parameters) {
    fail(Code::shape_mismatch, "surrogate.", field, " has ", list.size(), " entries for ",
         parameters, " parameters; give one, or one each");
  }
  return list;
}

}  // namespace

std::span<const Field> surrogate_fields() {
  static const std::vector<Field> fields = {
      {.name = "region",
       .type = FieldType::real_list,
       .default_value = "[0.2]",
       .meaning = "half the width of the box about the present parameters that is explored and "
                  "learned, in their units: one, or one a parameter",
       .least = 1e-300,
       .greatest = 1e300},
      {.name = "lower",
       .type = FieldType::real_list,
       .default_value = "[]",
       .meaning = "least values of the parameters: one, or one a parameter; empty: none"},
      {.name = "upper",
       .type = FieldType::real_list,
       .default_value = "[]",
       .meaning = "greatest values"},
      {.name = "points",
       .type = FieldType::integer,
       .default_value = "16",
       .meaning = "parameter vectors that the simulator is asked about in a step, the present one "
                  "among them",
       .least = 2,
       .greatest = 1 << 20},
      {.name = "events",
       .type = FieldType::integer,
       .default_value = "128",
       .meaning = "events that are simulated for each",
       .least = 1,
       .greatest = 1 << 24},
      {.name = "moves",
       .type = FieldType::integer,
       .default_value = "1",
       .meaning = "steps of the optimiser with one surrogate; the parameters stay in its region",
       .least = 1,
       .greatest = 1 << 20},
      {.name = "draws",
       .type = FieldType::integer,
       .default_value = "1024",
       .meaning = "events of the surrogate whose mean objective is differentiated in each of them",
       .least = 1,
       .greatest = 1 << 24},
      {.name = "optimiser",
       .type = FieldType::text,
       .default_value = R"("adam")",
       .meaning = "how the parameters move: adam (arXiv 1412.6980), or sgd",
       .choices = {"adam", "sgd"}},
      {.name = "learning_rate",
       .type = FieldType::real,
       .default_value = "0.1",
       .meaning = "its learning rate, in units of region: adam moves a parameter by about this "
                  "share of it",
       .least = 0,
       .greatest = 1e30},
      {.name = "beta1",
       .type = FieldType::real,
       .default_value = "0.9",
       .meaning = "decay of adam's first moment",
       .least = 0,
       .greatest = 0.999999},
      {.name = "beta2",
       .type = FieldType::real,
       .default_value = "0.999",
       .meaning = "decay of adam's second moment",
       .least = 0,
       .greatest = 0.9999999},
      {.name = "fresh",
       .type = FieldType::boolean,
       .default_value = "false",
       .meaning = "each step's surrogate starts from first weights, not from those of the last"},
      {.name = "seed",
       .type = FieldType::integer,
       .default_value = "0",
       .meaning = "of all that is drawn: points, inputs, and the surrogate's events",
       .least = 0,
       .greatest = 9007199254740992.0},
  };
  return fields;
}

std::string surrogate_fields_json() {
  Json list = Json::array();
  for (const Field& field : surrogate_fields()) list.push_back(castalia::describe(field));
  return list.dump(2);
}

SurrogateOptions::SurrogateOptions(const std::string& json, int64_t parameters) {
  const FieldValues values("surrogate", surrogate_fields(), json);
  region = for_each(values, "region", parameters, 0);
  if (values.reals("region").empty()) {
    fail(Code::shape_mismatch, "surrogate.region is empty: it has one entry, or one a parameter");
  }
  lower = for_each(values, "lower", parameters, -kInfinity);
  upper = for_each(values, "upper", parameters, kInfinity);
  points = values.integer("points");
  events = values.integer("events");
  moves = values.integer("moves");
  draws = values.integer("draws");
  adam = values.text("optimiser") == "adam";
  learning_rate = values.real("learning_rate");
  beta1 = values.real("beta1");
  beta2 = values.real("beta2");
  fresh = values.boolean("fresh");
  seed = static_cast<uint64_t>(values.integer("seed"));
}

LocalSurrogate::LocalSurrogate(Setting setting, const std::string& options_json)
    : setting_(std::move(setting)),
      options_(options_json, std::ssize(setting_.start)),
      outputs_(setting_.model->features()),
      inputs_(setting_.inputs ? setting_.inputs->features : 0),
      present_(setting_.start),
      first_moment_(present_.size()),
      second_moment_(present_.size()) {
  const Model& model = *setting_.model;
  const auto parameters = std::ssize(present_);
  if (parameters == 0) fail(Code::empty_data, "there are no parameters to start from");
  if (model.context_features() != parameters + inputs_) {
    fail(Code::shape_mismatch, "the model has ", model.context_features(), " context features; ",
         parameters, " parameters and ", inputs_, " inputs need ", parameters + inputs_);
  }
  if (setting_.objective && setting_.objective->features() != outputs_) {
    fail(Code::shape_mismatch, "the objective has ", setting_.objective->features(),
         " features, the model ", outputs_);
  }
  if (setting_.objective && !setting_.objective->has_gradient()) {
    fail(Code::unsupported, "the objective has no gradient");
  }
  for (size_t i = 0; i < present_.size(); ++i) {
    if (options_.lower[i] <= present_[i] && present_[i] <= options_.upper[i]) continue;
    fail(Code::out_of_range, "parameter ", i, " starts at ", present_[i],
         "; allowed: ", options_.lower[i], " to ", options_.upper[i]);
  }
  if (setting_.inputs && setting_.inputs->rows == 0) {
    fail(Code::empty_data, "there are no inputs to draw from");
  }
  {
    const Model::Hold hold(*setting_.model);
    const Network& network = setting_.model->network();
    if (!network.can(Capability::sample) || !network.sample_is_differentiable()) {
      fail(Code::unsupported, "events of a ", model.architecture().name,
           " cannot be differentiated");
    }
  }
  if (!setting_.training.checkpoint.empty()) {
    fail(Code::invalid_argument, "training.checkpoint is set, but each step trains anew");
  }
  const int64_t of_step = options_.points * options_.events;
  if (of_step < setting_.training.batch) {
    fail(Code::empty_data, "a step simulates ", of_step,
         " events (surrogate.points = ", options_.points,
         " times surrogate.events = ", options_.events,
         "), fewer than training.batch = ", setting_.training.batch);
  }
}

void LocalSurrogate::advance(int64_t steps) {
  for (int64_t i = 0; i < steps; ++i) take_step();
}

void LocalSurrogate::take_step() {
  while (done_ < options_.points) {
    simulate(design(done_));
    ++done_;
  }
  const std::shared_ptr<const Dataset> events = neighbours();
  const int64_t learned = events->rows;
  learn(events);
  const size_t first = points_.size() - static_cast<size_t>(options_.points);
  Record record{rows_, points_[first].objective, points_[first].error, learned, {}, {}};
  const auto before = std::tuple(present_, first_moment_, second_moment_);
  try {
    record.gradient = move(step_);
  } catch (...) {
    std::tie(present_, first_moment_, second_moment_) = before;
    throw;
  }
  record.parameters = present_;
  history_.push_back(std::move(record));
  done_ = 0;
  ++step_;
}

// Point 0 is the present one; the others are one in each layer of every axis of the box.
std::vector<double> LocalSurrogate::design(int64_t point) const {
  std::vector<double> at = present_;
  if (point == 0) return at;
  const int64_t layers = options_.points - 1;
  for (size_t i = 0; i < at.size(); ++i) {
    const auto place = static_cast<uint64_t>(step_) * at.size() + i;
    const auto layer =
        permutation(options_.seed, kDesignStage, layers, 2 * place)[static_cast<size_t>(point - 1)];
    const double within = uniform(Stream{options_.seed, 2 * place + 1, kDesignStage, 0},
                                  static_cast<uint32_t>(point));
    const double share = (static_cast<double>(layer) + within) / static_cast<double>(layers);
    at[i] = std::clamp(at[i] + options_.region[i] * (2 * share - 1), options_.lower[i],
                       options_.upper[i]);
  }
  return at;
}

std::vector<double> LocalSurrogate::drawn_inputs(uint64_t first, int64_t rows) const {
  std::vector<double> x;
  if (inputs_ == 0) return x;
  const Dataset& from = *setting_.inputs;
  x.reserve(static_cast<size_t>(rows * inputs_));
  for (int64_t row = 0; row < rows; ++row) {
    const Stream stream{options_.seed, first + static_cast<uint64_t>(row), kInputStage, 0};
    const uint64_t chosen =
        draw_below(static_cast<uint64_t>(from.rows), stream, 0, bits(stream, 0));
    const auto begin = from.x.begin() + static_cast<int64_t>(chosen) * inputs_;
    x.insert(x.end(), begin, begin + inputs_);
  }
  return x;
}

void LocalSurrogate::simulate(std::vector<double> parameters) {
  const int64_t rows = options_.events;
  const std::vector<double> x = drawn_inputs(static_cast<uint64_t>(rows_), rows);
  // What it leaves unwritten is found.
  std::vector<double> y(static_cast<size_t>(rows * outputs_),
                        std::numeric_limits<double>::quiet_NaN());
  setting_.simulator({parameters, rows, x, rows_, y});
  for (size_t i = 0; i < y.size(); ++i) {
    if (std::isfinite(y[i])) continue;
    std::string at;
    for (const double value : parameters) at += text(at.empty() ? "" : ", ", value);
    const auto index = static_cast<int64_t>(i);
    fail(Code::not_finite, "the simulator gives ", y[i], " in row ", index / outputs_, ", column ",
         index % outputs_, ", at the parameters (", at, ")");
  }
  std::vector<double> values(static_cast<size_t>(rows));
  values_of(y, values, {});
  const auto n = static_cast<double>(rows);
  double mean = 0;
  for (const double value : values) mean += value / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  points_.push_back({std::move(parameters), mean, std::sqrt(squares / (n * (n - 1)))});
  x_.insert(x_.end(), x.begin(), x.end());
  y_.insert(y_.end(), y.begin(), y.end());
  rows_ += rows;
}

// The objective of each event and, where there is room, its derivatives.
void LocalSurrogate::values_of(std::span<const double> events, std::span<double> values,
                               std::span<double> gradient) const {
  if (setting_.objective) {
    evaluate_target(*setting_.objective, {.rows = std::ssize(values),
                                          .x = events,
                                          .context = {},
                                          .log_density = values,
                                          .gradient = gradient});
    for (size_t i = 0; i < values.size(); ++i) {
      if (!std::isfinite(values[i])) {
        fail(Code::not_finite, "the objective is ", values[i], " for event ", i);
      }
    }
    return;
  }
  const auto width = static_cast<size_t>(outputs_);
  for (size_t row = 0; row < values.size(); ++row) {
    values[row] = 0;
    for (const double y : events.subspan(row * width, width)) values[row] += y;
  }
  std::fill(gradient.begin(), gradient.end(), 1.0);
}

// The events of all points in the region, with their parameters and inputs as context.
std::shared_ptr<const Dataset> LocalSurrogate::neighbours() const {
  auto data = std::make_shared<Dataset>();
  data->features = outputs_;
  data->context_features = std::ssize(present_) + inputs_;
  for (size_t p = 0; p < points_.size(); ++p) {
    const std::vector<double>& at = points_[p].parameters;
    bool near = true;
    for (size_t i = 0; i < at.size(); ++i) {
      near = near && std::abs(at[i] - present_[i]) <= options_.region[i];
    }
    if (!near) continue;
    for (int64_t row = 0; row < options_.events; ++row) {
      const int64_t number = static_cast<int64_t>(p) * options_.events + row;
      const auto append = [number](std::vector<double>& to, const std::vector<double>& from,
                                   int64_t width) {
        to.insert(to.end(), from.begin() + number * width, from.begin() + (number + 1) * width);
      };
      data->context.insert(data->context.end(), at.begin(), at.end());
      append(data->context, x_, inputs_);
      append(data->x, y_, outputs_);
    }
    data->rows += options_.events;
  }
  return data;
}

void LocalSurrogate::learn(std::shared_ptr<const Dataset> events) {
  Model& model = *setting_.model;
  const Model::Hold hold(model);
  if (options_.fresh) {
    model.set_parameter_values(
        initial_values(model.parameter_table(), model.specification().seed()));
  }
  model.fit_preprocessing(events->x, events->context);
  const std::unique_ptr<Trainer> trainer =
      make_trainer(model, std::move(events), setting_.training, setting_.resources);
  trainer->advance(trainer->steps());
  adopt(model, *trainer);
}

// The derivative of a weighted sum of the model's events with respect to the parameters.
class LocalSurrogate::Derivative {
 public:
  Derivative(Model& model, int64_t parameters, int64_t inputs, int64_t draws, Resources resources)
      : weights_(model.parameters(),
                 static_cast<size_t>(model.parameter_table().count()) * size_of(model.dtype()),
                 resources.device),
        pool_(resources.threads) {
    Graph graph;
    graph.set_whole_rows(resources.device != nullptr);
    const DType dtype = model.dtype();
    Trace trace(graph, model.parameter_table(),
                graph.state("parameters", {dtype, {model.parameter_table().count()}}), dtype);
    trace.seed = graph.input("seed", {DType::int64, {}});
    trace.first_event = graph.input("first_event", {DType::int64, {}});
    const Value at = graph.input("at", {DType::float64, {1, parameters}});
    std::vector<Value> context = {broadcast_to(at, {draws, parameters})};
    if (inputs > 0) context.push_back(graph.input("inputs", {DType::float64, {draws, inputs}}));
    const Value events = model.network().sample(trace, draws, concat(context, 1));
    const Value pull = graph.input("pull", events.type());
    graph.output("events", events);
    graph.output("gradient", gradient(events, pull, {&at, 1})[0]);
    workspace_.emplace(compile(graph, {.rows_independent = false, .device = resources.device}),
                       pool_.threads());
    workspace_->bind_state("parameters", weights_);
  }

  template <typename T>
  void set(const char* input, std::span<const T> values) {
    std::memcpy(workspace_->input(input), values.data(), values.size_bytes());
  }
  void run() { workspace_->run(&pool_); }
  void read(const char* output, std::span<double> values) {
    std::memcpy(values.data(), workspace_->output(output), values.size_bytes());
  }

 private:
  StateMemory weights_;
  ThreadPool pool_;
  std::optional<Workspace> workspace_;
};

// Moves the parameters; returns the first gradient.
std::vector<double> LocalSurrogate::move(int64_t step) {
  const std::vector<double> centre = present_;
  const int64_t draws = options_.draws;
  const Model::Hold hold(*setting_.model);
  Derivative derivative(*setting_.model, std::ssize(present_), inputs_, draws, setting_.resources);
  std::vector<double> first, gradient(present_.size());
  std::vector<double> events(static_cast<size_t>(draws * outputs_));
  std::vector<double> pull(events.size()), values(static_cast<size_t>(draws));
  for (int64_t i = 0; i < options_.moves; ++i) {
    const auto taken = step * options_.moves + i;
    const uint64_t first_event = kFirstDraw + static_cast<uint64_t>(taken * draws);
    const int64_t address[] = {static_cast<int64_t>(options_.seed),
                               static_cast<int64_t>(first_event)};
    const std::vector<double> inputs = drawn_inputs(first_event, draws);
    // The events must be known before their pull can be.
    for (const bool pulled : {false, true}) {
      derivative.set("seed", std::span(address, 1));
      derivative.set("first_event", std::span(address + 1, 1));
      derivative.set("at", std::span<const double>(present_));
      if (inputs_ > 0) derivative.set("inputs", std::span<const double>(inputs));
      derivative.set("pull", std::span<const double>(pull));
      derivative.run();
      if (pulled) break;
      derivative.read("events", events);
      values_of(events, values, pull);
      for (double& each : pull) each /= static_cast<double>(draws);
    }
    derivative.read("gradient", gradient);
    if (first.empty()) first = gradient;
    const auto t = static_cast<double>(taken + 1);
    for (size_t j = 0; j < present_.size(); ++j) {
      // In units of the region, so that parameters of any size move alike.
      const double g = gradient[j] * options_.region[j];
      if (!std::isfinite(g)) {
        fail(Code::numerical, "the surrogate's derivative by parameter ", j, " is ", gradient[j]);
      }
      double change = g;
      if (options_.adam) {
        double& m = first_moment_[j];
        double& v = second_moment_[j];
        m = options_.beta1 * m + (1 - options_.beta1) * g;
        v = options_.beta2 * v + (1 - options_.beta2) * g * g;
        change = m / (1 - std::pow(options_.beta1, t)) /
                 (std::sqrt(v / (1 - std::pow(options_.beta2, t))) + kEpsilon);
      }
      const double to = present_[j] - options_.learning_rate * options_.region[j] * change;
      present_[j] = std::clamp(to, std::max(options_.lower[j], centre[j] - options_.region[j]),
                               std::min(options_.upper[j], centre[j] + options_.region[j]));
    }
  }
  return first;
}

const LocalSurrogate::Point* LocalSurrogate::best() const {
  const auto less = [](const Point& a, const Point& b) { return a.objective < b.objective; };
  const auto found = std::min_element(points_.begin(), points_.end(), less);
  return found == points_.end() ? nullptr : &*found;
}

std::string LocalSurrogate::describe() const {
  const auto told = [](const Point& point) {
    return Json{{"parameters", point.parameters},
                {"objective", point.objective},
                {"error", point.error}};  // NaN is written as null
  };
  Json points = Json::array();
  for (const Point& point : points_) points.push_back(told(point));
  Json history = Json::array();
  for (const Record& record : history_) {
    history.push_back({{"simulated", record.simulated},
                       {"objective", record.objective},
                       {"error", record.error},
                       {"learned", record.learned},
                       {"gradient", record.gradient},
                       {"parameters", record.parameters}});
  }
  return Json{{"step", step_},
              {"simulated", rows_},
              {"parameters", present_},
              {"best", points_.empty() ? Json() : told(*best())},
              {"history", std::move(history)},
              {"points", std::move(points)}}
      .dump();
}

}  // namespace castalia
