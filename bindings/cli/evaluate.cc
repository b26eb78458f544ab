// castalia evaluate: a model against data.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>

#include "bindings/cli/commands.h"
#include "bindings/cli/progress.h"

namespace castalia_cli {
namespace {

struct Options {
  std::string model, data, context;
  int64_t events = 0;
  uint64_t seed = 0;
  int threads = 0;
  std::string device = "cpu";
  bool as_json = false;
};

constexpr int64_t kChunk = 65536;

struct Summary {
  double mean = 0, deviation = 0, quartiles[3] = {0, 0, 0};
};

// `sorted` is in ascending order and not empty.
Summary summarise(const std::vector<double>& sorted) {
  Summary out;
  const double n = static_cast<double>(sorted.size());
  for (double value : sorted) out.mean += value / n;
  for (double value : sorted) out.deviation += (value - out.mean) * (value - out.mean) / n;
  out.deviation = std::sqrt(out.deviation);
  for (int i = 0; i < 3; ++i) {
    const double place = (n - 1) * 0.25 * (i + 1);
    const size_t below = static_cast<size_t>(place);
    const size_t above = std::min(below + 1, sorted.size() - 1);
    const double part = place - static_cast<double>(below);
    out.quartiles[i] = sorted[below] + part * (sorted[above] - sorted[below]);
  }
  return out;
}

// The greatest distance of two distribution functions (Kolmogorov and Smirnov).
double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double greatest = 0;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const double at = std::min(a[i], b[j]);
    while (i < a.size() && a[i] <= at) ++i;
    while (j < b.size() && b[j] <= at) ++j;
    const double difference = static_cast<double>(i) / static_cast<double>(a.size()) -
                              static_cast<double>(j) / static_cast<double>(b.size());
    greatest = std::max(greatest, std::fabs(difference));
  }
  return greatest;
}

std::vector<double> column(const std::vector<double>& rows, int64_t width, int64_t index) {
  std::vector<double> out;
  for (size_t at = static_cast<size_t>(index); at < rows.size(); at += static_cast<size_t>(width)) {
    out.push_back(rows[at]);
  }
  std::sort(out.begin(), out.end());
  return out;
}

Json json_of_summary(const Summary& s) {
  return {{"mean", s.mean},
          {"deviation", s.deviation},
          {"quartiles", {s.quartiles[0], s.quartiles[1], s.quartiles[2]}}};
}

bool can(const Json& description, const char* capability) {
  for (const Json& each : description["capabilities"]) {
    if (each == capability) return true;
  }
  return false;
}

void evaluate(const Options& options) {
  const Location data = location("--data", options.data);
  const Location condition =
      options.context.empty() ? Location{} : location("--context", options.context);
  if (!condition.path.empty() && condition.path != data.path) {
    throw CLI::ValidationError("--context", "'" + condition.path + "' is not the file of --data");
  }
  const Context context = make_context(options.threads, options.device);
  const Model model = make<Model>(castalia_model_load, context.get(), options.model.c_str(),
                                  static_cast<castalia_config*>(nullptr));
  const Json description = json_of(castalia_model_describe, model.get());
  const bool has_density = can(description, "log_prob"), has_sample = can(description, "sample");
  const Dataset dataset =
      make<Dataset>(castalia_dataset_open, context.get(), data.path.c_str(), data.dataset.c_str(),
                    condition.path.empty() ? nullptr : condition.dataset.c_str(),
                    static_cast<const char*>(nullptr));
  int64_t events = 0, features = 0, width = 0;
  check(castalia_dataset_shape(dataset.get(), &events, &features, &width));
  if (options.events > 0) events = std::min(events, options.events);

  std::vector<double> reference, drawn;
  double sum = 0, squares = 0;
  Progress progress(0, events);
  for (int64_t done = 0; done < events;) {
    const int64_t rows = std::min(kChunk, events - done);
    std::vector<double> x(static_cast<size_t>(rows * features)),
        c(static_cast<size_t>(rows * width));
    std::vector<double> y(x.size()), density(static_cast<size_t>(rows));
    const castalia_array in = view(x, {rows, features}), out = view(y, {rows, features});
    const castalia_array given = view(c, {rows, width}), densities = view(density, {rows});
    const castalia_array* with = width > 0 ? &given : nullptr;
    check(castalia_dataset_read(dataset.get(), done, &in, with));
    if (has_density) check(castalia_model_log_prob(model.get(), &in, with, &densities));
    if (has_sample) check(castalia_model_sample(model.get(), options.seed, done, with, &out));
    for (double value : density) {
      sum += value;
      squares += value * value;
    }
    reference.insert(reference.end(), x.begin(), x.end());
    drawn.insert(drawn.end(), y.begin(), y.end());
    done += rows;
    progress.show(done);
  }

  const double n = static_cast<double>(events);
  Json report = {{"model", options.model}, {"data", options.data}, {"events", events}};
  if (has_density) {
    const double mean = sum / n;
    report["log_likelihood"] = mean;
    report["log_likelihood_error"] = std::sqrt(std::max(squares / n - mean * mean, 0.0) / n);
  }
  report["columns"] = Json::array();
  for (int64_t j = 0; has_sample && j < features; ++j) {
    const std::vector<double> a = column(reference, features, j), b = column(drawn, features, j);
    report["columns"].push_back({{"column", j},
                                 {"data", json_of_summary(summarise(a))},
                                 {"model", json_of_summary(summarise(b))},
                                 {"distance", distance(a, b)}});
  }
  if (options.as_json) {
    std::cout << report.dump(2) << "\n";
    return;
  }
  std::printf("%lld events of %s\n", static_cast<long long>(events), options.data.c_str());
  if (has_density) {
    std::printf("mean log-likelihood %.5f +- %.5f\n", report["log_likelihood"].get<double>(),
                report["log_likelihood_error"].get<double>());
  }
  if (!report["columns"].empty()) {
    std::printf("\n%6s  %27s  %27s  %8s\n%6s  %13s %13s  %13s %13s  %8s\n", "", "data", "model", "",
                "column", "mean", "deviation", "mean", "deviation", "distance");
  }
  for (const Json& each : report["columns"]) {
    std::printf("%6lld  %13.6g %13.6g  %13.6g %13.6g  %8.4f\n",
                static_cast<long long>(each["column"].get<int64_t>()),
                each["data"]["mean"].get<double>(), each["data"]["deviation"].get<double>(),
                each["model"]["mean"].get<double>(), each["model"]["deviation"].get<double>(),
                each["distance"].get<double>());
  }
}

}  // namespace

void add_evaluate(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("evaluate", "Compare a model with data: likelihood, columns");
  auto options = std::make_shared<Options>();
  command->add_option("model", options->model, "The model file")->required();
  command->add_option("--data", options->data, "Events to compare with: FILE:DATASET")->required();
  command->add_option("--context", options->context, "Conditions: FILE:DATASET");
  command->add_option("-n,--events", options->events, "At most this many events; 0 means all")
      ->capture_default_str()
      ->check(at_least(0));
  command->add_option("--seed", options->seed, "Of the model's events")->capture_default_str();
  command->add_option("--threads", options->threads, "Threads; 0 means all cores")
      ->capture_default_str();
  command->add_option("--device", options->device, "cpu or cuda:N")->capture_default_str();
  command->add_flag("--json", options->as_json, "Print JSON, for programs");
  command->callback([options] { evaluate(*options); });
}

}  // namespace castalia_cli
