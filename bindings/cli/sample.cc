// castalia sample.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "bindings/cli/commands.h"
#include "bindings/cli/progress.h"

namespace castalia_cli {
namespace {

struct Options {
  std::string model, output, context, dtype = "float64";
  int64_t n = -1, first_event = 0;
  uint64_t seed = 0;
  int threads = 0;
  std::string device = "cpu";
  bool append = false, force = false, as_json = false;
};

constexpr int64_t kChunk = 65536;  // events drawn and written at a time

template <typename T>
void draw(const Options& options, castalia_model* model, int64_t features, int64_t context_features,
          const Location& output) {
  Location condition;
  if (!options.context.empty()) condition = location("--context", options.context);
  Progress progress(0, options.n);
  for (int64_t done = 0; done < options.n;) {
    const int64_t rows = std::min(kChunk, options.n - done);
    std::vector<T> events(static_cast<size_t>(rows * features));
    std::vector<T> given(static_cast<size_t>(rows * context_features));
    const castalia_array x = view(events, {rows, features});
    castalia_array c{};
    if (!condition.path.empty()) {
      c = view(given, {rows, context_features});
      check(castalia_hdf5_read(condition.path.c_str(), condition.dataset.c_str(),
                               options.first_event + done, &c));
    }
    check(castalia_model_sample(model, options.seed, options.first_event + done,
                                condition.path.empty() ? nullptr : &c, &x));
    const bool replace = done == 0 && !options.append;
    check(castalia_hdf5_write(output.path.c_str(), output.dataset.c_str(), &x, replace ? 1 : 0));
    done += rows;
    progress.show(done);
  }
}

void sample(const Options& options) {
  const Location output = location("--output", options.output);
  std::error_code ignored;
  if (!options.append && !options.force && std::filesystem::exists(output.path, ignored)) {
    throw Failure("'" + output.path + "' exists; --append adds to it, --force replaces it");
  }
  const auto started = std::chrono::steady_clock::now();
  const Context context = make_context(options.threads, options.device);
  const Model model = make<Model>(castalia_model_load, context.get(), options.model.c_str(),
                                  static_cast<castalia_config*>(nullptr));
  int64_t features = 0, context_features = 0;
  check(castalia_model_shape(model.get(), &features, &context_features, nullptr));
  if (options.dtype == "float32") {
    draw<float>(options, model.get(), features, context_features, output);
  } else {
    draw<double>(options, model.get(), features, context_features, output);
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  if (options.as_json) {
    const Json out = {{"output", options.output},
                      {"events", options.n},
                      {"seed", options.seed},
                      {"first_event", options.first_event},
                      {"seconds", seconds}};
    std::cout << out.dump(2) << "\n";
  } else {
    std::printf("%s: %lld events in %.2f s\n", options.output.c_str(),
                static_cast<long long>(options.n), seconds);
  }
}

}  // namespace

void add_sample(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("sample", "Draw events into a data set of an HDF5 file");
  auto options = std::make_shared<Options>();
  command->add_option("model", options->model, "The model file")->required();
  command->add_option("-n,--events", options->n, "How many events")->required()->check(at_least(1));
  command->add_option("--seed", options->seed, "Names the sample")->capture_default_str();
  command->add_option("--first-event", options->first_event, "Number of the first event, from 0")
      ->capture_default_str()
      ->check(at_least(0));
  command->add_option("--context", options->context,
                      "Conditions: FILE:DATASET; event i takes row i of it");
  command->add_option("--output", options->output, "Where to: FILE:DATASET")->required();
  command->add_option("--dtype", options->dtype, "float32 or float64")
      ->capture_default_str()
      ->check(CLI::IsMember({"float32", "float64"}));
  command->add_option("--threads", options->threads, "Threads; 0 means all cores")
      ->capture_default_str();
  command->add_option("--device", options->device, "cpu, cuda:N or cuda:all")
      ->capture_default_str();
  CLI::Option* append = command->add_flag("--append", options->append, "Add to an existing file");
  command->add_flag("--force", options->force, "Replace an existing file")->excludes(append);
  command->add_flag("--json", options->as_json, "Print JSON, for programs");
  command->callback([options] { sample(*options); });
}

}  // namespace castalia_cli
