// The state of training in a file: everything that the next step depends on.

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/io/safetensors.h"
#include "cpp/train/trainer.h"

namespace castalia {
namespace {

// 2: fields and tensors of further optimisers and schedules.
constexpr int kFormat = 2;
constexpr char kKey[] = "castalia.checkpoint";

// Numbers of the draws towards a target: sums, and figures of a record.
constexpr size_t kDrawsSums = 4;
constexpr size_t kDrawsFigures = 3;

// Fields that do not make a run another one.
void drop_free_fields(nlohmann::json& options) {
  for (const char* field : {"checkpoint", "checkpoint_every", "resume"}) options.erase(field);
}

// What is kept of a learner, by name.
template <typename ItsLearner>
auto kept(ItsLearner& learner) {
  return std::array<std::pair<std::string, decltype(&learner.weights)>, 5>{
      {{"parameters", &learner.weights},
       {"first_moment", &learner.first_moment},
       {"second_moment", &learner.second_moment},
       {"ema", &learner.ema},
       {"best", &learner.best}}};
}

// Whether a file's run is this one. Fields that came after the file was written had their defaults
// then.
bool is_same_run(const std::string& stored, const std::string& present) {
  nlohmann::json theirs = nlohmann::json::parse(stored), ours = nlohmann::json::parse(present);
  theirs["options"] = nlohmann::json::parse(TrainingOptions(theirs["options"].dump()).json);
  drop_free_fields(theirs["options"]);
  if (ours.contains("model")) {
    if (theirs.contains("model")) {
      nlohmann::json fields = ours["model"]["fields"];
      fields.update(theirs["model"]["fields"]);
      theirs["model"]["fields"] = fields;
    } else {
      ours.erase("model");
    }
  }
  return theirs == ours;
}

}  // namespace

// What must agree for a run to be the same run. Where and how often checkpoints are written does
// not matter, nor does the number of threads.
std::string Trainer::run_identity() const {
  nlohmann::json options = nlohmann::json::parse(options_.json);
  drop_free_fields(options);
  nlohmann::json identity = {{"options", options},
                             {"rows", data_->rows},
                             {"data", data_->fingerprint()},
                             {"dtype", name(dtype_)},
                             {"parameters", nlohmann::json::array()}};
  const std::string of_loss = network_->loss_identity();
  if (!of_loss.empty()) identity["loss"] = of_loss;
  if (draws_) identity["target"] = draws_->target().identity();
  if (!model_.empty()) identity["model"] = nlohmann::json::parse(model_);
  for (const Parameter& parameter : table_.parameters()) {
    identity["parameters"].push_back(text(parameter.name, parameter.shape));
  }
  return identity.dump();
}

void Trainer::save_checkpoint(const std::string& path) const {
  std::vector<TensorToWrite> tensors;
  for (const Learner& learner : learners_) {
    for (const auto& [name, buffer] : kept(learner)) {
      tensors.push_back({learner.prefix() + name, dtype_, {learner.count}, buffer->data()});
    }
  }
  // Reals are kept as bits: a text would have to be read back exactly.
  const double reals[] = {loss_, validation_loss_, best_loss_, loss_sum_};
  const int64_t integers[] = {step_, worse_, static_cast<int64_t>(stop_), has_best_ ? 1 : 0,
                              loss_count_};
  tensors.push_back({"reals", DType::float64, {std::ssize(reals)}, reals});
  tensors.push_back({"integers", DType::int64, {std::ssize(integers)}, integers});
  tensors.push_back({"history", DType::float64, {std::ssize(history_), 4}, history_.data()});
  // Of reduce_on_plateau and of lbfgs alone.
  const LearningRate::Plateau& plateau = rate_->plateau();
  const double plateau_numbers[] = {plateau.factor, plateau.best,
                                    static_cast<double>(plateau.worse),
                                    static_cast<double>(plateau.resting)};
  if (options_.schedule == Schedule::reduce_on_plateau) {
    tensors.push_back({"plateau", DType::float64, {std::ssize(plateau_numbers)}, plateau_numbers});
  }
  std::vector<double> pairs;
  if (lbfgs_) {
    pairs = lbfgs_->pairs();
    tensors.push_back(
        {"lbfgs", DType::float64, {lbfgs_->remembered(), 2, table_.count()}, pairs.data()});
  }
  std::array<double, kDrawsSums> sums{};
  if (draws_) {
    sums = draws_->sums().state();
    tensors.push_back({"draws", DType::float64, {std::ssize(sums)}, sums.data()});
    tensors.push_back({"draws_history",
                       DType::float64,
                       {std::ssize(draws_history_), int64_t{kDrawsFigures}},
                       draws_history_.data()});
  }
  const int64_t in_a_row[] = {saturated_, collapsed_};
  if (adversarial()) {
    const auto figures = int64_t{kCriticFigures};
    tensors.push_back({"in_a_row", DType::int64, {std::ssize(in_a_row)}, in_a_row});
    tensors.push_back({"critic_sums", DType::float64, {figures}, &critic_sums_});
    tensors.push_back({"critic_history",
                       DType::float64,
                       {std::ssize(critic_history_), figures},
                       critic_history_.data()});
  }
  write_safetensors(path, tensors, {{kKey, std::to_string(kFormat)}, {"run", run_identity()}});
}

void Trainer::read_checkpoint(const std::string& path) {
  if (!std::filesystem::exists(path)) return;
  const SafetensorsFile file = read_safetensors(path, ChecksumRule::required);
  const auto format = file.metadata.find(kKey);
  if (format == file.metadata.end()) {
    fail(Code::corrupt_file, "'", path, "' is not a checkpoint of training");
  }
  if (std::stoi(format->second) > kFormat) {
    fail(Code::newer_version, "the checkpoint '", path, "' was written by a later release");
  }
  if (!is_same_run(file.metadata.at("run"), run_identity())) {
    fail(Code::invalid_argument, "the checkpoint '", path,
         "' belongs to another run: its model, data or training fields differ; remove the file or "
         "set "
         "training.resume to false");
  }
  for (Learner& learner : learners_) {
    for (const auto& [name, buffer] : kept(learner)) {
      const StoredTensor& tensor = file.at(learner.prefix() + name);
      check(tensor.shape == Shape{learner.count}, "tensor '", name, "' has another shape");
      std::memcpy(buffer->write(), tensor.data.get(), learner.bytes);
    }
  }
  const auto reals = file.at("reals").values<double>();
  const auto integers = file.at("integers").values<int64_t>();
  const auto history = file.at("history").values<double>();
  if (reals.size() != 4 || integers.size() != 5 || history.size() % 4 != 0) {
    fail(Code::corrupt_file, "the checkpoint '", path, "' is incomplete");
  }
  if (options_.schedule == Schedule::reduce_on_plateau) {
    const auto numbers = file.at("plateau").values<double>();
    if (numbers.size() != 4) fail(Code::corrupt_file, "the checkpoint '", path, "' is incomplete");
    rate_->set_plateau({numbers[0], numbers[1], static_cast<int64_t>(numbers[2]),
                        static_cast<int64_t>(numbers[3])});
  }
  if (lbfgs_) {
    const StoredTensor& stored = file.at("lbfgs");
    if (stored.shape.rank() != 3 || stored.shape[0] > options_.lbfgs_history ||
        !(stored.shape == Shape{stored.shape[0], 2, table_.count()})) {
      fail(Code::corrupt_file, "the checkpoint '", path, "' holds steps of lbfgs of shape ",
           stored.shape);
    }
    const auto pairs = stored.values<double>();
    lbfgs_->set_pairs(pairs);
  }
  if (draws_) {
    const auto sums = file.at("draws").values<double>();
    const auto records = file.at("draws_history").values<double>();
    if (sums.size() != kDrawsSums || records.size() % kDrawsFigures != 0) {
      fail(Code::corrupt_file, "the checkpoint '", path, "' is incomplete");
    }
    draws_->sums().set_state(std::span(sums).first<kDrawsSums>());
    draws_history_.clear();
    for (size_t i = 0; i < records.size(); i += kDrawsFigures) {
      draws_history_.push_back({records[i], records[i + 1], records[i + 2]});
    }
  }
  if (adversarial()) {
    const auto in_a_row = file.at("in_a_row").values<int64_t>();
    const auto sums = file.at("critic_sums").values<double>();
    const auto records = file.at("critic_history").values<double>();
    if (in_a_row.size() != 2 || sums.size() != kCriticFigures ||
        records.size() % kCriticFigures != 0) {
      fail(Code::corrupt_file, "the checkpoint '", path, "' is incomplete");
    }
    saturated_ = in_a_row[0];
    collapsed_ = in_a_row[1];
    std::memcpy(&critic_sums_, sums.data(), sizeof(CriticRecord));
    critic_history_.resize(records.size() / kCriticFigures);
    std::memcpy(critic_history_.data(), records.data(), records.size() * sizeof(double));
  }
  loss_ = reals[0];
  validation_loss_ = reals[1];
  best_loss_ = reals[2];
  loss_sum_ = reals[3];
  step_ = integers[0];
  checkpointed_ = step_;
  worse_ = integers[1];
  stop_ = static_cast<Stop>(integers[2]);
  has_best_ = integers[3] != 0;
  loss_count_ = integers[4];
  history_.clear();
  for (size_t i = 0; i + 3 < history.size(); i += 4) {
    history_.push_back({history[i], history[i + 1], history[i + 2], history[i + 3]});
  }
}

}  // namespace castalia
