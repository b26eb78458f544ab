#include "models/fit.h"

#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "models/flow/distillation.h"

namespace castalia {

std::unique_ptr<Trainer> make_trainer(const Model& model, std::shared_ptr<const Dataset> data,
                                      const TrainingOptions& options, int threads) {
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
  return std::make_unique<Trainer>(std::move(network), model.parameter_table(), model.dtype(),
                                   parameters, std::move(data), options, threads);
}

void adopt(Model& model, const Trainer& trainer) {
  const size_t bytes =
      static_cast<size_t>(model.parameter_table().count()) * size_of(model.dtype());
  std::memcpy(model.parameters(), trainer.parameters(), bytes);
  model.set_preprocessing_json(trainer.network().preprocessing_json());
  model.keep_reference(trainer.data().x, trainer.data().context);
  const nlohmann::ordered_json record = {
      {"steps", trainer.step()},
      {"events", trainer.data().rows},
      {"options", nlohmann::json::parse(trainer.options_json())},
      {"history", nlohmann::json::parse(trainer.history_json())}};
  model.set_training_json(record.dump());
}

}  // namespace castalia
