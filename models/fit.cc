#include "models/fit.h"

#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/referee/metric.h"
#include "cpp/referee/observables/observables.h"
#include "models/flow/distillation.h"

namespace castalia {
namespace {

// What training.judge says: "METRIC", or "METRIC(OBSERVABLES)", of a set of observables.
Judge judge_of(const TrainingOptions& options) {
  const std::string& text = options.judge;
  const size_t bracket = text.ends_with(')') ? text.find('(') : std::string::npos;
  const referee::Metric& metric = referee::find_metric(text.substr(0, bracket));
  if (!metric.same_columns || metric.takes_events) {
    fail(Code::invalid_argument, "training.judge = '", text,
         "' does not compare columns; energy_distance, sliced_wasserstein or "
         "frechet_physics_distance do");
  }
  Judge judge;
  judge.distance = [&metric, seed = options.seed](const Dataset& generated,
                                                  const Dataset& reference, ThreadPool& pool) {
    referee::Work work{.pool = pool, .seed = seed};
    return referee::judge(metric, {.generated = &generated, .reference = &reference}, "", work)
        .figures.front()
        .value;
  };
  if (bracket == std::string::npos) return judge;
  const referee::ObservableSet& set =
      referee::find_observable_set(text.substr(bracket + 1, text.size() - bracket - 2));
  judge.observe = [&set](const Dataset& events, ThreadPool& pool) {
    referee::ObservableTable table = referee::compute_observables(set, events, "", pool).table;
    if (!table.event.empty()) {
      fail(Code::invalid_argument, "training.judge: the observables '", set.name,
           "' are not one row an event");
    }
    return referee::as_dataset(std::move(table), events);
  };
  return judge;
}

}  // namespace

std::unique_ptr<Trainer> make_trainer(const Model& model, std::shared_ptr<const Dataset> data,
                                      const TrainingOptions& options, Resources resources,
                                      std::shared_ptr<Target> target) {
  std::unique_ptr<Network> network = model.architecture().build(model.specification());
  if (model.fitted()) network->set_preprocessing_json(model.preprocessing_json());
  std::vector<std::byte> inherited;
  const void* parameters = model.parameters();
  if (!options.teacher.empty()) {
    const std::shared_ptr<const Model> teacher =
        Model::load(options.teacher)->converted(model.dtype());
    if (!model.fitted()) {
      inherited = inherited_parameters(model, *teacher);
      parameters = inherited.data();
    }
    network = make_distillation(std::move(network), model, teacher, options);
  }
  Judge judge = network->adversarial() != nullptr ? judge_of(options) : Judge();
  if (!network->can(Capability::sample)) judge = {};
  const nlohmann::json built_from = {
      {"architecture", model.architecture().name},
      {"fields", nlohmann::json::parse(model.specification().json())}};
  return std::make_unique<Trainer>(std::move(network), model.parameter_table(), model.dtype(),
                                   parameters, std::move(data), options, resources,
                                   std::move(target), std::move(judge), built_from.dump());
}

void adopt(Model& model, const Trainer& trainer) {
  // Parameters of training alone come behind the model's own.
  const std::vector<double> values = trainer.parameter_values();
  model.set_parameter_values(
      std::span(values).first(static_cast<size_t>(model.parameter_table().count())));
  model.set_preprocessing_json(trainer.network().preprocessing_json());
  if (trainer.data().rows > 0) {
    model.keep_reference(trainer.data().x, trainer.data().context);
  } else {
    model.keep_reference(trainer.draws(), {});
  }
  const nlohmann::ordered_json record = {
      {"steps", trainer.step()},
      {"events", trainer.data().rows},
      {"options", nlohmann::json::parse(trainer.options_json())},
      {"history", nlohmann::json::parse(trainer.history_json())}};
  model.set_training_json(record.dump());
}

ImportanceSums weigh(const Model& model, Target& target, uint64_t seed, uint64_t first_event,
                     std::span<const double> context, std::span<double> x,
                     std::span<double> log_weights, Resources resources) {
  if (target.features() != model.features()) {
    fail(Code::shape_mismatch, "the target has ", target.features(), " features, the model ",
         model.features());
  }
  model.sample(seed, first_event, context, x, resources);
  std::vector<double> log_prob(log_weights.size());
  model.log_prob(x, context, log_prob, resources);
  evaluate_target(target, {.rows = std::ssize(log_weights),
                           .x = x,
                           .context = context,
                           .log_density = log_weights,
                           .gradient = {}});
  for (size_t i = 0; i < log_prob.size(); ++i) log_weights[i] -= log_prob[i];
  ImportanceSums sums;
  sums.add(log_weights);
  return sums;
}

}  // namespace castalia
