// castalia evaluate: generated events against a reference. The generated events are read from a
// file, or drawn from a model; the same metrics and observables judge both.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>

#include "bindings/cli/commands.h"
#include "bindings/cli/judging.h"
#include "bindings/cli/progress.h"
#include "bindings/cli/report/report.h"
#include "bindings/cli/report/text.h"
#include "bindings/cli/samples.h"

namespace castalia_cli {
namespace {

struct Options {
  std::string model, generated, reference, training, context;
  std::string weights, features, geometry, observables, report;
  std::vector<std::string> fields, metrics, metric_fields;
  int64_t events = 0;
  uint64_t seed = 0;
  int threads = 0;
  std::string device = "cpu";
  bool as_json = false;
};

constexpr const char* kNoObservables = "none";
constexpr int64_t kChunk = 65536;
// A page with more drawings than this is read by nobody.
constexpr int64_t kMostColumns = 600;

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
  add("--weights", options.weights);
  add("--features", options.features);
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

// ---- The samples
// ---------------------------------------------------------------------------------

struct Likelihood {
  double mean = 0, error = 0;
};

struct Samples : Compared {
  Place reference_place, generated_place, training_place;
  std::optional<Likelihood> likelihood;
  bool drawn = true;  // whether there are generated events at all
};

bool can(const Json& description, const char* capability) {
  const Json& all = description["capabilities"];
  return std::find(all.begin(), all.end(), capability) != all.end();
}

// Of the mean, the mean of the squares and the number of events that count.
Likelihood likelihood_of(double mean, double squares, double events) {
  return {mean, std::sqrt(std::max(squares - mean * mean, 0.0) / events)};
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
  Rows drawn;
  double sum = 0, squares = 0, total = 0, total_squares = 0;
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
    for (size_t i = 0; i < density.size(); ++i) {
      const double weight = in.weights.empty() ? 1 : in.weights[i];
      sum += weight * density[i];
      squares += weight * density[i] * density[i];
      total += weight;
      total_squares += weight * weight;
    }
    drawn.x.insert(drawn.x.end(), y.begin(), y.end());
    drawn.condition.insert(drawn.condition.end(), in.condition.begin(), in.condition.end());
    // What is drawn for a condition counts as the event that had it.
    if (with != nullptr) {
      drawn.weights.insert(drawn.weights.end(), in.weights.begin(), in.weights.end());
    }
    done += rows;
    progress.show(done, "drawing");
  }
  if (has_density) {
    samples.likelihood = likelihood_of(sum / total, squares / total, total * total / total_squares);
  }
  if (samples.drawn) {
    samples.generated =
        make_sample(context, std::move(drawn), reference.features, reference.context_features);
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
  bool weights_found = options.weights.empty();
  const auto find_weights = [&](Place& place) {
    if (options.weights.empty() || !has_dataset(place.path, options.weights)) return;
    place.weights = options.weights;
    weights_found = true;
  };
  find_weights(out.reference_place);
  out.reference = open_sample(context, out.reference_place, options.events);
  const auto open = [&](const std::string& text, Place& place) {
    place = find_sample(text, out.reference_place.dataset);
    const std::string& condition = out.reference_place.condition;
    if (!options.context.empty() && has_dataset(place.path, condition)) place.condition = condition;
    find_weights(place);
    return open_sample(context, place, options.events);
  };
  if (options.model.empty()) {
    out.generated = open(options.generated, out.generated_place);
  } else {
    draw(options, context, out);
  }
  if (!options.training.empty()) out.training = open(options.training, out.training_place);
  if (!weights_found) throw Failure("no file has a data set '" + options.weights + "' of weights");
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
  Model features;  // whose latent space the events are compared in; null for none
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
  if (!options.features.empty()) return kNoObservables;
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
  if (how.features) {
    return sample_of(make<Dataset>(castalia_model_encode, how.features.get(), sample.data.get()),
                     sample.weighted);
  }
  if (how.set == kNoObservables) {
    check(castalia_dataset_retain(sample.data.get()));
    return sample_of(Dataset(sample.data.get()), sample.weighted);
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
  return sample_of(Dataset(made), sample.weighted);
}

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

void add_columns(const Compared& observables, report::Content& content) {
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
  content.weights.generated = weights_of(observables.generated);
  content.weights.reference = weights_of(observables.reference);
  if (observables.training) content.weights.training = weights_of(*observables.training);
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

// The number of events of equal weight that tell as much.
double effective_events(const std::vector<double>& weights) {
  double sum = 0, squares = 0;
  for (const double weight : weights) {
    sum += weight;
    squares += weight * weight;
  }
  return sum * sum / squares;
}

report::Content describe(const Options& options, const Samples& samples, const Observed& how,
                         const Compared& observables) {
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
  for (const auto& [name, sample] :
       {std::pair("generated", &samples.generated), std::pair("reference", &samples.reference)}) {
    if (!sample->weighted) continue;
    out.remarks.push_back(std::string("The ") + name + " events have weights: " +
                          report::count(std::llround(effective_events(weights_of(*sample)))) +
                          " of equal weight would tell as much.");
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
  if (!options.features.empty() && !(options.observables.empty() && options.geometry.empty())) {
    throw CLI::ValidationError("--features", "features take the place of observables");
  }
  const Layout* layout = layout_of(find_sample(options.reference).dataset);
  const bool jets = layout != nullptr && std::string(layout->observables) == "jets";
  Chosen chosen = choose_metrics(options.metrics, options.metric_fields, jets);
  const Context context = make_context(options.threads, options.device);
  const Samples samples = load(options, context.get());
  if (!samples.drawn) return tell_likelihood(options, samples);

  Observed how;
  how.set = choose_set(options, samples);
  how.fields = set_fields(options, how.set, samples.reference_place);
  if (jets) {
    // The scores of jets read the layout that the observables read.
    Json& settings = chosen.settings.try_emplace("jet_scores", Json::object()).first->second;
    for (const char* field : {"particle_features", "negative_pt"}) {
      if (how.fields.contains(field) && !settings.contains(field)) {
        settings[field] = how.fields[field];
      }
    }
  }
  how.words = how.set == kNoObservables ? "the columns as they are" : how.set;
  if (layout != nullptr) how.words += std::string(", of ") + layout->words;
  if (!options.features.empty()) {
    how.features = make<Model>(castalia_model_load, context.get(), options.features.c_str(),
                               static_cast<castalia_config*>(nullptr));
    how.words = "the latent space of " + file_name(options.features);
  }
  Compared observables;
  observables.generated = observe(context.get(), samples.generated, how);
  observables.reference = observe(context.get(), samples.reference, how);
  if (samples.training) observables.training = observe(context.get(), *samples.training, how);

  report::Content content = describe(options, samples, how, observables);
  add_judgements(context.get(), chosen, options.seed, samples, observables, content);
  Json settings = Json::object();
  for (const Json& each : content.judgements) {
    if (each.contains("settings")) settings[each["metric"].get<std::string>()] = each["settings"];
  }
  content.settings["metrics"] = settings;
  add_column_judgements(context.get(), options.seed, observables, content);
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
  option("--weights", options->weights,
         "Weights of the events: the name of a data set, in each file that has it");
  option("--features", options->features,
         "A model file: compare in its latent space, in the place of observables");
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
  option("--device", options->device, "cpu, cuda:N or cuda:all")->capture_default_str();
  command->add_flag("--json", options->as_json, "Print JSON, for programs");
  command->callback([options] { evaluate(*options); });
}

}  // namespace castalia_cli
