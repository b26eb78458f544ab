// The state of training in a file: everything that the next step depends on.

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cpp/base/status.h"
#include "cpp/io/safetensors.h"
#include "cpp/train/trainer.h"

namespace castalia {
namespace {

constexpr int kFormat = 1;
constexpr char kKey[] = "castalia.checkpoint";

}  // namespace

// What must agree for a run to be the same run. Where and how often checkpoints are written does not
// matter, nor does the number of threads.
std::string Trainer::run_identity() const {
  nlohmann::json options = nlohmann::json::parse(options_.json);
  for (const char* field : {"checkpoint", "checkpoint_every", "resume"}) options.erase(field);
  nlohmann::json identity = {{"options", options},
                             {"rows", data_->rows},
                             {"data", data_->fingerprint()},
                             {"dtype", name(dtype_)},
                             {"parameters", nlohmann::json::array()}};
  for (const Parameter& parameter : table_.parameters()) {
    identity["parameters"].push_back(text(parameter.name, parameter.shape));
  }
  return identity.dump();
}

void Trainer::save_checkpoint(const std::string& path) const {
  const Shape all{table_.count()};
  std::vector<TensorToWrite> tensors = {{"parameters", dtype_, all, flat_.data()},
                                        {"first_moment", dtype_, all, first_moment_.data()},
                                        {"second_moment", dtype_, all, second_moment_.data()},
                                        {"ema", dtype_, all, ema_.data()},
                                        {"best", dtype_, all, best_.data()}};
  // Reals are kept as bits: a text would have to be read back exactly.
  const double reals[] = {loss_, validation_loss_, best_loss_, loss_sum_};
  const int64_t integers[] = {step_, worse_, stopped_early_ ? 1 : 0, has_best_ ? 1 : 0, loss_count_};
  tensors.push_back({"reals", DType::float64, {std::ssize(reals)}, reals});
  tensors.push_back({"integers", DType::int64, {std::ssize(integers)}, integers});
  tensors.push_back({"history", DType::float64, {std::ssize(history_), 4}, history_.data()});
  write_safetensors(path, tensors,
                    {{kKey, std::to_string(kFormat)}, {"run", run_identity()}});
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
  if (file.metadata.at("run") != run_identity()) {
    fail(Code::invalid_argument, "the checkpoint '", path,
         "' belongs to another run: its model, data or training fields differ; remove the file or set "
         "training.resume to false");
  }
  const auto restore = [&](const char* name, AlignedBuffer& buffer) {
    const StoredTensor& tensor = file.at(name);
    check(tensor.shape == Shape{table_.count()}, "tensor '", name, "' has another shape");
    std::memcpy(buffer.data(), tensor.data.get(), parameter_bytes());
  };
  restore("parameters", flat_);
  restore("first_moment", first_moment_);
  restore("second_moment", second_moment_);
  restore("ema", ema_);
  restore("best", best_);
  const auto reals = file.at("reals").values<double>();
  const auto integers = file.at("integers").values<int64_t>();
  const auto history = file.at("history").values<double>();
  if (reals.size() != 4 || integers.size() != 5 || history.size() % 4 != 0) {
    fail(Code::corrupt_file, "the checkpoint '", path, "' is incomplete");
  }
  loss_ = reals[0];
  validation_loss_ = reals[1];
  best_loss_ = reals[2];
  loss_sum_ = reals[3];
  step_ = integers[0];
  worse_ = integers[1];
  stopped_early_ = integers[2] != 0;
  has_best_ = integers[3] != 0;
  loss_count_ = integers[4];
  history_.clear();
  for (size_t i = 0; i + 3 < history.size(); i += 4) {
    history_.push_back({history[i], history[i + 1], history[i + 2], history[i + 3]});
  }
}

}  // namespace castalia
