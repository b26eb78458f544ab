// castalia models, metrics, observables, describe, info.
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "bindings/cli/commands.h"

namespace castalia_cli {
namespace {

std::string limits(const Json& field) {
  if (field.contains("choices")) {
    std::string text;
    for (const Json& choice : field["choices"]) text += (text.empty() ? "" : " | ") + plain(choice);
    return text;
  }
  const bool least = field.contains("minimum"), greatest = field.contains("maximum");
  if (least && greatest) return plain(field["minimum"]) + " to " + plain(field["maximum"]);
  if (least) return "at least " + plain(field["minimum"]);
  if (greatest) return "at most " + plain(field["maximum"]);
  return "";
}

void print_fields(const Json& fields) {
  for (const Json& field : fields) {
    std::string head = plain(field["name"]) + " (" + plain(field["type"]);
    const std::string range = limits(field);
    if (!range.empty()) head += ", " + range;
    head +=
        field.contains("default") ? ", default " + field["default"].dump() + ")" : ", required)";
    std::cout << "  " << head << "\n      " << plain(field["meaning"]) << "\n";
  }
}

std::string list(const Json& values) {
  std::string text;
  for (const Json& value : values) text += (text.empty() ? "" : ", ") + plain(value);
  return text;
}

// What every entry of a list says of itself: its name, a line, some sentences.
void print_head(const Json& entry) {
  std::cout << plain(entry["name"]);
  if (entry.contains("family")) std::cout << " (" << plain(entry["family"]) << ")";
  std::cout << ": " << plain(entry["summary"]) << "\n";
  if (entry.contains("description") && !plain(entry["description"]).empty())
    std::cout << "\n" << plain(entry["description"]) << "\n";
}

void print_references(const Json& entry) {
  if (!entry["references"].empty()) std::cout << "arXiv: " << list(entry["references"]) << "\n";
}

void print_architecture(const Json& entry) {
  print_head(entry);
  std::cout << "\nCan: " << list(entry["capabilities"]) << "\n";
  print_references(entry);
  std::cout << "\nFields (castalia train " << plain(entry["name"]) << " --set FIELD=VALUE):\n";
  print_fields(entry["fields"]);
  std::cout << "\nFields of training (--training FIELD=VALUE):\n";
  print_fields(json_of(castalia_training_fields));
}

// What is part of something else, and how its fields are given there.
void print_settings(const Json& entry, const std::string& usage) {
  print_head(entry);
  std::cout << "\n";
  print_references(entry);
  std::cout << "Fields (" << usage << "):\n";
  print_fields(entry["fields"]);
}

// What fields are of, which castalia's `command` takes by `option`.
void print_part(const Json& entry, const std::string& command, const std::string& option) {
  print_settings(entry, "castalia " + command + " " + option + "FIELD=VALUE");
}

void print_metric(const Json& entry) {
  print_part(entry, "evaluate", "--metric-set " + plain(entry["name"]) + ".");
}

void print_observables(const Json& entry) { print_part(entry, "evaluate", "--set "); }

void print_bijection(const Json& entry) {
  print_settings(entry,
                 "in the layers of composed_flow: " + plain(entry["name"]) + "(FIELD=VALUE)");
}

void print_target(const Json& entry) { print_settings(entry, "of castalia_target_create"); }

void print_transformer(const Json& entry) { print_part(entry, "train", "--set "); }

// A loss or a regulariser is a setting of training, a way of conditioning one of the model.
void print_adversarial(const Json& entry) {
  const std::string kind = entry["kind"];
  const std::string name = entry["name"];
  std::cout << name << ": " << plain(entry["summary"]) << "\n"
            << "arXiv: " << list(entry["references"]) << "\n";
  if (entry.contains("weight")) std::cout << "usual weight: " << plain(entry["weight"]) << "\n";
  std::cout << (kind == "loss" ? "castalia train ... --training adversarial_loss=" + name
                : kind == "regulariser"
                    ? "castalia train ... --training 'regularisers=[\"" + name + "\"]'"
                    : "castalia train ... --set conditioning=" + name)
            << "\n";
}

void print_model(const Json& model) {
  for (const auto& [key, value] : model.items()) {
    if (key == "parameters" || value.is_null()) continue;
    if (!value.is_object()) {
      std::cout << key << ": " << (value.is_array() ? list(value) : plain(value)) << "\n";
      continue;
    }
    std::cout << key << ":\n";
    for (const auto& [name, field] : value.items()) {
      // Histories and the like are for programs.
      const std::string text = field.dump();
      std::cout << "  " << name << " = " << (text.size() > 160 ? "(see --json)" : text) << "\n";
    }
  }
}

Model load(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    throw Failure(
        "'" + path +
        "' is neither a file nor an architecture, a transformer, a bijection, a loss or "
        "regulariser, "
        "a target, a metric or a set of observables; castalia models, transformers, bijections, "
        "adversarial, targets, metrics and observables list these");
  }
  return make<Model>(castalia_model_load, static_cast<castalia_context*>(nullptr), path.c_str(),
                     static_cast<castalia_config*>(nullptr));
}

// What runs when the model computes something for so many events at a time.
void print_plan(const std::string& path, const std::string& computes, int64_t events,
                bool as_json) {
  const Model model = load(path);
  const Json plan = json_of(castalia_model_plan, model.get(), computes.c_str(), events);
  if (as_json) {
    std::cout << plan.dump(2) << "\n";
    return;
  }
  std::cout << computes << " of " << plan["rows"] << " events at a time\n" << plain(plan["table"]);
}

// What has a name, or the model of a file: names come first.
void describe(const std::string& what, bool as_json) {
  const std::pair<castalia_status (*)(const char**), void (*)(const Json&)> lists[] = {
      {castalia_catalogue, print_architecture},      {castalia_metrics, print_metric},
      {castalia_observable_sets, print_observables}, {castalia_transformers, print_transformer},
      {castalia_bijections, print_bijection},        {castalia_targets, print_target},
      {castalia_adversarial, print_adversarial}};
  Json found;
  auto print = print_model;
  for (const auto& [list, print_entry] : lists) {
    for (const Json& entry : json_of(list)) {
      if (!found.is_null() || entry["name"] != what) continue;
      found = entry;
      print = print_entry;
    }
  }
  if (found.is_null()) {
    const Model model = load(what);
    found = json_of(castalia_model_describe, model.get());
  }
  if (as_json) {
    std::cout << found.dump(2) << "\n";
  } else {
    print(found);
  }
}

void add_json(CLI::App* command, bool& as_json) {
  command->add_flag("--json", as_json, "Print JSON, for programs");
}

// One line for each entry: name, family where there are families, summary.
void add_list(CLI::App& program, const char* name, const char* meaning,
              castalia_status (*list)(const char**)) {
  CLI::App* command = program.add_subcommand(name, meaning);
  auto as_json = std::make_shared<bool>(false);
  add_json(command, *as_json);
  command->callback([as_json, list] {
    const Json entries = json_of(list);
    if (*as_json) {
      std::cout << entries.dump(2) << "\n";
      return;
    }
    for (const Json& entry : entries) {
      std::printf("%-24s ", plain(entry["name"]).c_str());
      if (entry.contains("family")) std::printf("%-16s ", plain(entry["family"]).c_str());
      std::printf("%s\n", plain(entry["summary"]).c_str());
    }
  });
}

}  // namespace

void add_models(CLI::App& program) {
  add_list(program, "models", "List the architectures", castalia_catalogue);
}

void add_transformers(CLI::App& program) {
  add_list(program, "transformers", "List the transformers of flows", castalia_transformers);
}

void add_bijections(CLI::App& program) {
  add_list(program, "bijections", "List the bijections, the layers of composed flows",
           castalia_bijections);
}

void add_adversarial(CLI::App& program) {
  add_list(program, "adversarial",
           "List losses, regularisers and conditioning of adversarial models",
           castalia_adversarial);
}

void add_targets(CLI::App& program) {
  add_list(program, "targets", "List the targets that are built in", castalia_targets);
}

void add_metrics(CLI::App& program) {
  add_list(program, "metrics", "List the metrics of castalia evaluate", castalia_metrics);
}

void add_observables(CLI::App& program) {
  add_list(program, "observables", "List the sets of observables of castalia evaluate",
           castalia_observable_sets);
}

void add_describe(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "describe",
      "Describe an architecture, a transformer, a bijection, a target, a metric, a set of "
      "observables, or the model in a file");
  auto what = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  command
      ->add_option(
          "what", *what,
          "A name that castalia models, transformers, bijections, adversarial, targets, metrics or "
          "observables lists, or a model file")
      ->required();
  add_json(command, *as_json);
  auto computes = std::make_shared<std::string>();
  auto events = std::make_shared<int64_t>(256);
  CLI::Option* plan =
      command
          ->add_option("--plan", *computes,
                       "Of a model file: the steps that compute this (sample, log_prob, ...), with "
                       "kernels, shapes, operations, bytes and memory")
          ->expected(0, 1)
          ->default_str("sample");
  command
      ->add_option("--events", *events, "With --plan: for so many events at a time (default 256)")
      ->needs(plan)
      ->check(at_least(1));
  command->callback([=] {
    if (plan->count() == 0) {
      describe(*what, *as_json);
    } else {
      print_plan(*what, computes->empty() ? "sample" : *computes, *events, *as_json);
    }
  });
}

void add_export(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "export", "Write what a model computes as an ONNX file, for other runtimes");
  auto model = std::make_shared<std::string>();
  auto path = std::make_shared<std::string>();
  auto computes = std::make_shared<std::string>("log_prob");
  command->add_option("model", *model, "A model file")->required();
  command->add_option("output", *path, "The file to write: FILE.onnx")->required();
  command->add_option("--computes", *computes,
                      "log_prob or transform of x, or inverse of z (default log_prob)");
  command->callback(
      [=] { check(castalia_model_export(load(*model).get(), computes->c_str(), path->c_str())); });
}

void add_info(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("info", "Show version, processor, devices and libraries");
  auto as_json = std::make_shared<bool>(false);
  add_json(command, *as_json);
  command->callback([as_json] {
    const Json info = json_of(castalia_info, static_cast<castalia_context*>(nullptr));
    if (*as_json) {
      std::cout << info.dump(2) << "\n";
      return;
    }
    for (const auto& [key, value] : info.items()) {
      std::cout << key << ": " << (value.is_array() ? list(value) : plain(value)) << "\n";
    }
  });
}

}  // namespace castalia_cli
