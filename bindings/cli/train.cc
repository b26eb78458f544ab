// castalia train.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include <unistd.h>

#include "bindings/cli/commands.h"
#include "bindings/cli/progress.h"

namespace castalia_cli {
namespace {

struct Options {
  std::string architecture, data, context, weights, checkpoint, output;
  std::vector<std::string> fields, training;
  int threads = 0;
  std::string device = "cpu";
  bool as_json = false;
};

volatile std::sig_atomic_t interrupted = 0;

// A second Ctrl-C ends the program at once.
void interrupt(int) {
  interrupted = 1;
  std::signal(SIGINT, SIG_DFL);
}

struct State {
  int64_t step = 0, steps = 0;
  double loss = 0, validation_loss = 0;
  int32_t finished = 0;
};

State state_of(castalia_trainer* trainer) {
  State s;
  check(castalia_trainer_status(trainer, &s.step, &s.steps, &s.loss, &s.validation_loss,
                                &s.finished));
  return s;
}

std::string remark(const State& state) {
  char text[96];
  if (std::isnan(state.validation_loss)) {
    std::snprintf(text, sizeof text, "loss %.4f", state.loss);
  } else {
    std::snprintf(text, sizeof text, "loss %.4f  validation %.4f", state.loss,
                  state.validation_loss);
  }
  return text;
}

// Steps until training ends or Ctrl-C, looking up about ten times a second.
State run(castalia_trainer* trainer) {
  using Clock = std::chrono::steady_clock;
  State state = state_of(trainer);
  Progress progress(state.step, state.steps);
  int64_t steps = 1;
  while (!state.finished && !interrupted) {
    const Clock::time_point before = Clock::now();
    check(castalia_trainer_advance(trainer, steps));
    state = state_of(trainer);
    progress.show(state.step, remark(state));
    const double seconds = std::chrono::duration<double>(Clock::now() - before).count();
    const double wanted = static_cast<double>(steps) * 0.1 / std::max(seconds, 1e-4);
    steps = std::clamp(static_cast<int64_t>(wanted), int64_t{1}, 2 * steps);
  }
  return state;
}

bool has_field(const std::string& architecture, const std::string& field) {
  for (const Json& entry : json_of(castalia_catalogue)) {
    if (entry["name"] != architecture) continue;
    for (const Json& each : entry["fields"]) {
      if (each["name"] == field) return true;
    }
  }
  return false;
}

// Before hours of training, not after them.
void expect_writable(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  fs::path folder = fs::path(path).parent_path();
  if (folder.empty()) folder = ".";
  if (fs::is_directory(path, ignored) || !fs::is_directory(folder, ignored) ||
      access(folder.c_str(), W_OK) != 0) {
    throw CLI::ValidationError("--output", "'" + path + "' cannot be created");
  }
}

void train(const Options& options) {
  expect_writable(options.output);
  Json fields = Json::object(), training = Json::object();
  for (const std::string& each : options.fields) assign(fields, "--set", each);
  for (const std::string& each : options.training) assign(training, "--training", each);
  if (!options.checkpoint.empty()) training["checkpoint"] = options.checkpoint;
  const Location data = location("--data", options.data);
  Location condition, weights;
  const auto name_in_data = [&](const char* option, const std::string& text) {
    Location found = location(option, text);
    // One call reads all three, so that they are known to belong together.
    if (found.path != data.path) {
      throw CLI::ValidationError(
          option, "'" + found.path + "' is not the file of --data, '" + data.path + "'");
    }
    return found;
  };
  if (!options.context.empty()) condition = name_in_data("--context", options.context);
  if (!options.weights.empty()) weights = name_in_data("--weights", options.weights);

  const auto started = std::chrono::steady_clock::now();
  const Context context = make_context(options.threads, options.device);
  const Dataset dataset =
      make<Dataset>(castalia_dataset_open, context.get(), data.path.c_str(), data.dataset.c_str(),
                    condition.dataset.empty() ? nullptr : condition.dataset.c_str(),
                    weights.dataset.empty() ? nullptr : weights.dataset.c_str());
  int64_t events = 0, features = 0, context_features = 0;
  check(castalia_dataset_shape(dataset.get(), &events, &features, &context_features));
  // The widths follow from the data unless they were given, or from a geometry that is a field.
  const auto follows = [&](const char* field, int64_t width) {
    const bool open = !fields.contains(field) && has_field(options.architecture, field);
    if (open && width > 0) fields[field] = width;
  };
  follows("features", features);
  follows("context_features", context_features);
  const Config config = make_config(fields), settings = make_config(training);
  const Model model =
      make<Model>(castalia_model_create, context.get(), options.architecture.c_str(), config.get());
  Trainer trainer =
      make<Trainer>(castalia_trainer_create, model.get(), dataset.get(), settings.get());

  std::signal(SIGINT, interrupt);
  const State end = run(trainer.get());
  if (interrupted) {
    std::string message = "interrupted at step " + std::to_string(end.step);
    if (!options.checkpoint.empty()) {
      check(castalia_trainer_checkpoint(trainer.get(), options.checkpoint.c_str()));
      message += "; the same command goes on from " + options.checkpoint;
    }
    std::fprintf(stderr, "castalia: %s\n", message.c_str());
    std::exit(130);
  }
  const Json history = json_of(castalia_trainer_history, trainer.get());
  const std::string stopped = history.value("stopped", "");
  if (!stopped.empty()) {
    std::fprintf(stderr, "castalia: stopped at step %lld: %s\n", static_cast<long long>(end.step),
                 stopped.c_str());
  }
  check(castalia_trainer_finish(trainer.get()));
  check(castalia_model_save(model.get(), options.output.c_str()));

  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  if (options.as_json) {
    Json out = {
        {"model", options.output}, {"events", events}, {"steps", end.step}, {"loss", end.loss}};
    out["validation_loss"] = std::isnan(end.validation_loss) ? Json() : Json(end.validation_loss);
    out["seconds"] = seconds;
    if (!stopped.empty()) out["stopped"] = stopped;
    std::cout << out.dump(2) << "\n";
  } else {
    std::printf("%s: %lld steps on %lld events in %.1f s, %s\n", options.output.c_str(),
                static_cast<long long>(end.step), static_cast<long long>(events), seconds,
                remark(end).c_str());
  }
}

}  // namespace

void add_train(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("train", "Train a model on a data set of an HDF5 file");
  auto options = std::make_shared<Options>();
  command
      ->add_option("architecture,--architecture", options->architecture, "As in: castalia models")
      ->required();
  command->add_option("--data", options->data, "Events: FILE:DATASET")->required();
  command->add_option("--context", options->context, "Conditions: FILE:DATASET");
  command->add_option("--weights", options->weights, "Weights: FILE:DATASET");
  command->add_option("--set", options->fields, "FIELD=VALUE of the architecture; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--training", options->training, "FIELD=VALUE of training; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--checkpoint", options->checkpoint,
                      "State of training; where it exists, training goes on from it");
  command->add_option("--output", options->output, "The model file")->required();
  command->add_option("--threads", options->threads, "Threads; 0 means all cores")
      ->capture_default_str();
  command->add_option("--device", options->device, "cpu, cuda:N or cuda:all")
      ->capture_default_str();
  command->add_flag("--json", options->as_json, "Print JSON, for programs");
  command->callback([options] { train(*options); });
}

}  // namespace castalia_cli
