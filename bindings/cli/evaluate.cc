// castalia evaluate: generated events against a reference. The generated events are read from a
// file, or drawn from a model; the same metrics and observables judge both.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>

#include "bindings/cli/commands.h"
#include "bindings/cli/progress.h"
#include "bindings/cli/report/report.h"
#include "bindings/cli/report/text.h"
#include "bindings/cli/samples.h"

namespace castalia_cli {
namespace {

struct Options {
  std::string model, generated, reference, training, context;
  std::string geometry, observables, report;
  std::vector<std::string> fields, metrics, metric_fields;
  int64_t events = 0;
  uint64_t seed = 0;
  int threads = 0;
  std::string device = "cpu";
  bool as_json = false;
};

// What takes seconds on tens of thousands of events, and asks for no other sample.
constexpr const char* kDefaultMetrics[] = {
    "frechet_physics_distance", "kernel_physics_distance", "mmd",
    "sliced_wasserstein",       "neighbour_divergence",    "manifold"};
constexpr const char* kNoObservables = "none";
constexpr int64_t kChunk = 65536;
// A page with more drawings than this is read by nobody.
constexpr int64_t kMostColumns = 600;
constexpr int64_t kThousandths = 1000;

// ---- What was asked for
// --------------------------------------------------------------------------

std::string quoted(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_./:=,+-@%") == std::string::npos;
  if (plain) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// The line that does the same again.
std::string command_line(const Options& options) {
  std::string out = "castalia evaluate";
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) out += std::string(" ") + name + " " + quoted(value);
  };
  if (!options.model.empty()) out += " " + quoted(options.model);
  add("--generated", options.generated);
  add("--reference", options.reference);
  add("--training", options.training);
  add("--context", options.context);
  add("--geometry", options.geometry);
  add("--observables", options.observables);
  for (const std::string& each : options.fields) add("--set", each);
  std::string metrics;
  for (const std::string& each : options.metrics) metrics += (metrics.empty() ? "" : ",") + each;
  add("--metrics", metrics);
  for (const std::string& each : options.metric_fields) add("--metric-set", each);
  if (options.events > 0) add("--events", std::to_string(options.events));
  add("--seed", std::to_string(options.seed));
  if (options.device != "cpu") add("--device", options.device);
  add("--report", options.report);
  return out;
}

std::vector<std::string> names_of(const Json& list) {
  std::vector<std::string> out;
  for (const Json& each : list) out.push_back(each["name"].get<std::string>());
  return out;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& each : names) out += (out.empty() ? "" : ", ") + each;
  return out;
}

struct Chosen {
  std::vector<std::string> metrics;
  bool all = false;                      // a metric that cannot be had is no failure then
  std::map<std::string, Json> settings;  // of a metric
};

Chosen choose_metrics(const Options& options) {
  const std::vector<std::string> known = names_of(json_of(castalia_metrics));
  Chosen out;
  out.all = options.metrics.size() == 1 && options.metrics[0] == "all";
  if (out.all) {
    out.metrics = known;
  } else if (options.metrics.size() == 1 && options.metrics[0] == "none") {
    return out;
  } else if (options.metrics.empty()) {
    for (const char* each : kDefaultMetrics) {
      if (contains(known, each)) out.metrics.emplace_back(each);
    }
  } else {
    out.metrics = options.metrics;
  }
  for (const std::string& each : out.metrics) {
    if (!contains(known, each)) {
      throw Failure("unknown metric '" + each + "'; known: " + listed(known) + ", all, none");
    }
  }
  for (const std::string& each : options.metric_fields) {
    const size_t dot = each.find('.');
    const std::string metric = each.substr(0, dot);
    if (dot == std::string::npos || !contains(out.metrics, metric)) {
      throw CLI::ValidationError(
          "--metric-set",
          "'" + each + "' does not begin with METRIC., one of " + listed(out.metrics));
    }
    assign(out.settings.try_emplace(metric, Json::object()).first->second, "--metric-set",
           each.substr(dot + 1));
  }
  return out;
}

// ---- The samples
// ---------------------------------------------------------------------------------

struct Likelihood {
  double mean = 0, error = 0;
};

struct Samples {
  Sample generated, reference;
  std::optional<Sample> training;
  Place reference_place, generated_place, training_place;
  std::optional<Likelihood> likelihood;
  bool drawn = true;  // whether there are generated events at all
};

bool can(const Json& description, const char* capability) {
  const Json& all = description["capabilities"];
  return std::find(all.begin(), all.end(), capability) != all.end();
}

Likelihood likelihood_of(double sum, double squares, double n) {
  const double mean = sum / n;
  return {mean, std::sqrt(std::max(squares / n - mean * mean, 0.0) / n)};
}

// As many events as the reference has, with its conditions, and the density of the reference.
void draw(const Options& options, castalia_context* context, Samples& samples) {
  const Model model = make<Model>(castalia_model_load, context, options.model.c_str(),
                                  static_cast<castalia_config*>(nullptr));
  const Json description = json_of(castalia_model_describe, model.get());
  const bool has_density = can(description, "log_prob");
  samples.drawn = can(description, "sample");
  const Sample& reference = samples.reference;
  // An unconditional model does not ask for the energies that lie beside its showers.
  int64_t context_features = 0;
  check(castalia_model_shape(model.get(), nullptr, &context_features, nullptr));
  std::vector<double> drawn, given;
  double sum = 0, squares = 0;
  Progress progress(0, reference.events);
  for (int64_t done = 0; done < reference.events;) {
    const int64_t rows = std::min(kChunk, reference.events - done);
    Rows in = read_rows(reference, done, rows);
    std::vector<double> y(in.x.size()), density(static_cast<size_t>(rows));
    const castalia_array x = view(in.x, {rows, reference.features}),
                         out = view(y, {rows, reference.features}),
                         condition = view(in.condition, {rows, reference.context_features}),
                         densities = view(density, {rows});
    const castalia_array* with =
        context_features > 0 && reference.context_features > 0 ? &condition : nullptr;
    if (has_density) check(castalia_model_log_prob(model.get(), &x, with, &densities));
    if (samples.drawn) check(castalia_model_sample(model.get(), options.seed, done, with, &out));
    for (const double value : density) {
      sum += value;
      squares += value * value;
    }
    drawn.insert(drawn.end(), y.begin(), y.end());
    given.insert(given.end(), in.condition.begin(), in.condition.end());
    done += rows;
    progress.show(done, "drawing");
  }
  if (has_density) {
    samples.likelihood = likelihood_of(sum, squares, static_cast<double>(reference.events));
  }
  if (samples.drawn) {
    samples.generated =
        make_sample(context, drawn, reference.features, given, reference.context_features);
  }
}

Samples load(const Options& options, castalia_context* context) {
  Samples out;
  // A condition that is given goes for the reference, and for generated events of a file where they
  // have it by the same name.
  out.reference_place = find_sample(options.reference);
  if (!options.context.empty()) {
    const Location condition = location("--context", options.context);
    if (condition.path != out.reference_place.path) {
      throw CLI::ValidationError("--context",
                                 "'" + condition.path + "' is not the file of --reference");
    }
    out.reference_place.condition = condition.dataset;
  }
  out.reference = open_sample(context, out.reference_place, options.events);
  const auto open = [&](const std::string& text, Place& place) {
    place = find_sample(text, out.reference_place.dataset);
    const std::string& condition = out.reference_place.condition;
    if (!options.context.empty() && has_dataset(place.path, condition)) place.condition = condition;
    return open_sample(context, place, options.events);
  };
  if (options.model.empty()) {
    out.generated = open(options.generated, out.generated_place);
  } else {
    draw(options, context, out);
  }
  if (!options.training.empty()) out.training = open(options.training, out.training_place);
  const auto compare = [&](const char* name, const Sample& sample) {
    if (sample.features == out.reference.features) return;
    throw Failure(std::string("the ") + name + " events have " + std::to_string(sample.features) +
                  " columns, the reference events " + std::to_string(out.reference.features));
  };
  if (out.drawn) compare("generated", out.generated);
  if (out.training) compare("training", *out.training);
  return out;
}

// ---- The observables
// -----------------------------------------------------------------------------

struct Observed {
  std::string set, words;  // for people
  Json fields = Json::object();
  Json description;  // of the reference's columns
};

// The set that was asked for, or the one that fits the layout.
std::string choose_set(const Options& options, const Samples& samples) {
  if (!options.observables.empty()) {
    const std::vector<std::string> known = names_of(json_of(castalia_observable_sets));
    if (options.observables != kNoObservables && !contains(known, options.observables)) {
      throw Failure("unknown set of observables '" + options.observables +
                    "'; known: " + listed(known) + ", " + kNoObservables);
    }
    return options.observables;
  }
  if (!options.geometry.empty()) return "calorimeter";
  const Layout* layout = layout_of(samples.reference_place.dataset);
  return layout == nullptr ? kNoObservables : layout->observables;
}

Json set_fields(const Options& options, const std::string& set, const Place& place) {
  Json out = Json::object();
  if (set == "calorimeter" && !options.geometry.empty()) out["geometry"] = options.geometry;
  if (set == "jets" || set == "constituents") {
    int32_t rank = 0;
    int64_t shape[CASTALIA_MAX_RANK];
    check(castalia_hdf5_shape(place.path.c_str(), place.dataset.c_str(), &rank, shape));
    if (rank == 3) out["particle_features"] = shape[2];
  }
  for (const std::string& each : options.fields) assign(out, "--set", each);
  return out;
}

Sample observe(castalia_context* context, const Sample& sample, const Observed& how) {
  if (how.set == kNoObservables) {
    check(castalia_dataset_retain(sample.data.get()));
    return sample_of(Dataset(sample.data.get()));
  }
  const Config config = make_config(how.fields);
  castalia_dataset* made = nullptr;
  const castalia_status status =
      castalia_dataset_observe(context, sample.data.get(), how.set.c_str(), config.get(), &made);
  if (status != CASTALIA_OK) {
    throw Failure(castalia_last_error() +
                  std::string(how.set == "calorimeter" && !how.fields.contains("geometry")
                                  ? " (--geometry FILE, --set FIELD=VALUE)"
                                  : "") +
                  "; --observables none compares the columns as they are");
  }
  return sample_of(Dataset(made));
}

struct Observables {
  Sample generated, reference;
  std::optional<Sample> training;
};

report::Detail detail_of(const Json& reference, const Json& generated) {
  report::Detail out;
  out.name = reference["name"].get<std::string>();
  out.units = reference["units"].get<std::string>();
  out.meaning = reference["meaning"].get<std::string>();
  out.shape = reference["shape"].get<std::vector<int64_t>>();
  out.reference = reference["values"].get<std::vector<double>>();
  out.generated = generated["values"].get<std::vector<double>>();
  return out;
}

void add_columns(const Observables& observables, report::Content& content) {
  const Json reference = json_of(castalia_dataset_describe, observables.reference.data.get()),
             generated = json_of(castalia_dataset_describe, observables.generated.data.get());
  auto of_generated = columns_of(observables.generated, kMostColumns),
       of_reference = columns_of(observables.reference, kMostColumns);
  std::vector<std::vector<double>> of_training(of_reference.size());
  if (observables.training) of_training = columns_of(*observables.training, kMostColumns);
  for (size_t i = 0; i < of_reference.size(); ++i) {
    const Json& about = reference["columns"][i];
    content.columns.push_back({about["name"].get<std::string>(), about["units"].get<std::string>(),
                               about["meaning"].get<std::string>(), std::move(of_generated[i]),
                               std::move(of_reference[i]), std::move(of_training[i])});
  }
  if (observables.reference.features > kMostColumns) {
    content.remarks.push_back("Of " + report::count(observables.reference.features) +
                              " columns the first " + report::count(kMostColumns) + " are drawn.");
  }
  for (const Json& each : reference["details"]) {
    for (const Json& other : generated["details"]) {
      if (each["name"] == other["name"] && each["shape"] == other["shape"]) {
        content.details.push_back(detail_of(each, other));
      }
    }
  }
}

// ---- The metrics
// ---------------------------------------------------------------------------------

struct Bar {
  Progress* progress;
  int64_t before;  // thousandths of the metrics before this one
  const std::string* name;
};

int show(int64_t step, int64_t steps, double, double, void* user) {
  const Bar& bar = *static_cast<Bar*>(user);
  bar.progress->show(bar.before + step * kThousandths / std::max<int64_t>(steps, 1), *bar.name);
  return 0;
}

// What says something about the samples, and not about what was asked for.
bool is_about_samples(castalia_status status) {
  return status == CASTALIA_EMPTY_DATA || status == CASTALIA_NUMERICAL ||
         status == CASTALIA_UNSUPPORTED || status == CASTALIA_OUT_OF_MEMORY;
}

Json evaluate_metric(castalia_context* context, const std::string& metric, const Sample& generated,
                     const Sample& reference, const std::optional<Sample>& training,
                     const Chosen& chosen, uint64_t seed, Bar bar) {
  const auto found = chosen.settings.find(metric);
  const Config config =
      make_config(found == chosen.settings.end() ? Json::object() : found->second);
  const char* text = nullptr;
  const castalia_status status =
      castalia_evaluate(context, metric.c_str(), generated.data.get(), reference.data.get(),
                        training ? training->data.get() : nullptr, config.get(), seed, show, &bar,
                        nullptr, nullptr, nullptr, nullptr, &text);
  if (status == CASTALIA_OK) return Json::parse(text);
  if (!chosen.all && !is_about_samples(status)) throw Failure(castalia_last_error());
  return {{"metric", metric}, {"failure", castalia_last_error()}};
}

void add_judgements(castalia_context* context, const Chosen& chosen, uint64_t seed,
                    const Observables& samples, report::Content& content) {
  const int64_t each = samples.training ? 2 : 1;
  Progress progress(0, kThousandths * each * static_cast<int64_t>(chosen.metrics.size()));
  int64_t done = 0;
  const auto run = [&](const std::string& metric, const Sample& one) {
    Json out = evaluate_metric(context, metric, one, samples.reference, samples.training, chosen,
                               seed, {&progress, kThousandths * done, &metric});
    progress.show(kThousandths * ++done, metric);
    return out;
  };
  for (const std::string& metric : chosen.metrics) {
    content.judgements.push_back(run(metric, samples.generated));
    if (samples.training) content.floors.push_back(run(metric, *samples.training));
  }
}

// ---- The command
// ---------------------------------------------------------------------------------

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw Failure("cannot write '" + path.string() + "'");
}

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

std::string title_of(const Options& options, const Samples& samples) {
  const std::string generated =
      file_name(options.model.empty() ? samples.generated_place.path : options.model);
  return generated + " against " + file_name(samples.reference_place.path);
}

report::Content describe(const Options& options, const Samples& samples, const Observed& how,
                         const Observables& observables) {
  report::Content out;
  out.title = title_of(options, samples);
  out.command = command_line(options);
  out.generated = {options.model.empty() ? samples.generated_place.text() : options.model,
                   samples.generated.events};
  out.reference = {samples.reference_place.text(), samples.reference.events};
  if (samples.training) out.training = {samples.training_place.text(), samples.training->events};
  out.observables = how.words;
  if (observables.reference.events != samples.reference.events) {
    out.remarks.push_back(
        "The observables have several rows an event (" +
        report::count(observables.generated.events) + " generated, " +
        report::count(observables.reference.events) +
        " reference); rows of one event are not independent, so that the errors are too small.");
  }
  if (samples.likelihood) {
    out.remarks.push_back("Mean log-likelihood of the reference under the model: " +
                          report::measured(samples.likelihood->mean, samples.likelihood->error) +
                          " an event.");
  }
  out.settings = {{"version", castalia_version()},
                  {"seed", options.seed},
                  {"observables", how.set},
                  {"fields", how.fields}};
  return out;
}

void add_likelihood(const std::optional<Likelihood>& likelihood, Json& json) {
  if (!likelihood) return;
  json["log_likelihood"] = likelihood->mean;
  json["log_likelihood_error"] = likelihood->error;
}

// A model that gives densities and draws nothing.
void tell_likelihood(const Options& options, const Samples& samples) {
  if (!samples.likelihood) {
    throw Failure("'" + options.model + "' can neither draw events nor tell their density");
  }
  if (!options.report.empty()) {
    throw Failure("'" + options.model +
                  "' cannot draw events; without --report its likelihood is told");
  }
  Json json = {{"model", options.model},
               {"reference", samples.reference_place.text()},
               {"events", samples.reference.events}};
  add_likelihood(samples.likelihood, json);
  if (options.as_json) {
    std::cout << json.dump(2) << "\n";
  } else {
    std::printf("mean log-likelihood %.5f +- %.5f\n", samples.likelihood->mean,
                samples.likelihood->error);
  }
}

void evaluate(const Options& options) {
  if (options.model.empty() == options.generated.empty()) {
    throw CLI::ValidationError("evaluate", "give a model file, or events by --generated");
  }
  const Chosen chosen = choose_metrics(options);
  const Context context = make_context(options.threads, options.device);
  const Samples samples = load(options, context.get());
  if (!samples.drawn) return tell_likelihood(options, samples);

  Observed how;
  how.set = choose_set(options, samples);
  how.fields = set_fields(options, how.set, samples.reference_place);
  const Layout* layout = layout_of(samples.reference_place.dataset);
  how.words = how.set == kNoObservables ? "the columns as they are" : how.set;
  if (layout != nullptr) how.words += std::string(", of ") + layout->words;
  Observables observables;
  observables.generated = observe(context.get(), samples.generated, how);
  observables.reference = observe(context.get(), samples.reference, how);
  if (samples.training) observables.training = observe(context.get(), *samples.training, how);

  report::Content content = describe(options, samples, how, observables);
  add_judgements(context.get(), chosen, options.seed, observables, content);
  Json settings = Json::object();
  for (const Json& each : content.judgements) {
    if (each.contains("settings")) settings[each["metric"].get<std::string>()] = each["settings"];
  }
  content.settings["metrics"] = settings;
  add_columns(observables, content);

  const report::Report report = report::judge(std::move(content));
  Json json = report::twin(report);
  add_likelihood(samples.likelihood, json);
  const auto invalid = Json::error_handler_t::replace;
  const std::string twin = json.dump(2, ' ', false, invalid) + "\n";
  if (!options.report.empty()) {
    const std::filesystem::path path = options.report;
    write(path, report::page(report));
    write(std::filesystem::path(path).replace_extension(".json"), twin);
  }
  if (options.as_json) {
    std::cout << twin;
    return;
  }
  if (samples.likelihood) {
    std::printf("mean log-likelihood %.5f +- %.5f\n\n", samples.likelihood->mean,
                samples.likelihood->error);
  }
  std::cout << how.words << "\n\n" << report::table(report);
  if (!options.report.empty()) std::cout << "\n" << options.report << "\n";
}

}  // namespace

void add_evaluate(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "evaluate", "Compare generated events, or a model's, with a reference");
  auto options = std::make_shared<Options>();
  const auto option = [&](const char* name, auto& value, const char* meaning) {
    return command->add_option(name, value, meaning);
  };
  option("model", options->model, "A model file, to draw the events from");
  option("--generated", options->generated, "Generated events: FILE[:DATASET]");
  option("--reference,--data", options->reference, "Events to compare with: FILE[:DATASET]")
      ->required();
  option("--training", options->training,
         "Events that the generator learned from: FILE[:DATASET]; judged beside it");
  option("--context", options->context, "Conditions, of the reference's file: FILE:DATASET");
  option("--geometry", options->geometry, "Cells of a calorimeter: a binning.xml");
  option("--observables", options->observables,
         "A set of observables, or none; follows from the data if not given");
  option("--set", options->fields, "A setting of the observables: FIELD=VALUE")
      ->allow_extra_args(false);
  option("--metrics", options->metrics, "Metrics, with commas between; all; none")->delimiter(',');
  option("--metric-set", options->metric_fields, "A setting of a metric: METRIC.FIELD=VALUE")
      ->allow_extra_args(false);
  option("-n,--events", options->events, "At most this many events of each; 0 means all")
      ->capture_default_str()
      ->check(at_least(0));
  option("--seed", options->seed, "Of all that is drawn")->capture_default_str();
  option("--report", options->report, "Write a page here, and its numbers beside it as .json");
  option("--threads", options->threads, "Threads; 0 means all cores")->capture_default_str();
  option("--device", options->device, "cpu or cuda:N")->capture_default_str();
  command->add_flag("--json", options->as_json, "Print JSON, for programs");
  command->callback([options] { evaluate(*options); });
}

}  // namespace castalia_cli
