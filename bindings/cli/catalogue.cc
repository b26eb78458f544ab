// castalia models, describe, info.
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

void print_architecture(const Json& entry) {
  std::cout << plain(entry["name"]) << " (" << plain(entry["family"])
            << "): " << plain(entry["summary"]) << "\n";
  if (!plain(entry["description"]).empty())
    std::cout << "\n" << plain(entry["description"]) << "\n";
  std::cout << "\nCan: " << list(entry["capabilities"]) << "\n";
  if (!entry["references"].empty()) std::cout << "arXiv: " << list(entry["references"]) << "\n";
  std::cout << "\nFields (castalia train " << plain(entry["name"]) << " --set FIELD=VALUE):\n";
  print_fields(entry["fields"]);
  std::cout << "\nFields of training (--training FIELD=VALUE):\n";
  print_fields(json_of(castalia_training_fields));
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
    throw Failure("'" + path +
                  "' is neither a file nor an architecture; castalia models lists these");
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

void describe(const std::string& what, bool as_json) {
  Json found;
  bool architecture = false;
  for (const Json& entry : json_of(castalia_catalogue)) {
    if (entry["name"] == what) {
      found = entry;
      architecture = true;
    }
  }
  if (!architecture) {
    const Model model = load(what);
    found = json_of(castalia_model_describe, model.get());
  }
  if (as_json) {
    std::cout << found.dump(2) << "\n";
  } else if (architecture) {
    print_architecture(found);
  } else {
    print_model(found);
  }
}

void add_json(CLI::App* command, bool& as_json) {
  command->add_flag("--json", as_json, "Print JSON, for programs");
}

}  // namespace

void add_models(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("models", "List the architectures and the transformers of flows");
  auto as_json = std::make_shared<bool>(false);
  add_json(command, *as_json);
  auto only_transformers = std::make_shared<bool>(false);
  command->add_flag("--transformers", *only_transformers, "The transformers of flows alone");
  command->callback([=] {
    const Json catalogue = json_of(castalia_catalogue);
    const Json transformers = json_of(castalia_transformers);
    if (*as_json) {
      std::cout << (*only_transformers ? transformers : catalogue).dump(2) << "\n";
      return;
    }
    if (!*only_transformers) {
      for (const Json& entry : catalogue) {
        std::printf("%-24s %-12s %s\n", plain(entry["name"]).c_str(),
                    plain(entry["family"]).c_str(), plain(entry["summary"]).c_str());
      }
      std::printf("\nTransformers of flows, with the tails that they can have:\n");
    }
    for (const Json& entry : transformers) {
      std::printf("%-26s %-24s %s (arXiv:%s)\n", plain(entry["name"]).c_str(),
                  list(entry["tails"]).c_str(), plain(entry["summary"]).c_str(),
                  list(entry["references"]).c_str());
    }
  });
}

void add_describe(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("describe", "Describe an architecture or the model in a file");
  auto what = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  command->add_option("what", *what, "An architecture's name, or a model file")->required();
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
