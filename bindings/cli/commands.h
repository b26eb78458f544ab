// The commands. Each adds itself to the program; what it does runs when the line has been read.
#ifndef CASTALIA_BINDINGS_CLI_COMMANDS_H_
#define CASTALIA_BINDINGS_CLI_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "bindings/cli/library.h"

namespace castalia_cli {

void add_models(CLI::App& program);
void add_transformers(CLI::App& program);
void add_bijections(CLI::App& program);
void add_adversarial(CLI::App& program);
void add_targets(CLI::App& program);
void add_metrics(CLI::App& program);
void add_observables(CLI::App& program);
void add_describe(CLI::App& program);
void add_info(CLI::App& program);
void add_export(CLI::App& program);
void add_train(CLI::App& program);
void add_sample(CLI::App& program);
void add_evaluate(CLI::App& program);

// "file.h5:dataset"
struct Location {
  std::string path, dataset;
};

// Throws CLI::ValidationError where the colon is missing.
Location location(const std::string& option, const std::string& text);

// {"layers": 8} from "layers=8". A value is JSON where it reads as JSON, else text.
void assign(Json& fields, const std::string& option, const std::string& text);

// A check of an option's whole number.
CLI::Validator at_least(int64_t least);

// The field `name` of each of a list.
std::vector<std::string> names_of(const Json& list);
bool contains(const std::vector<std::string>& names, const std::string& name);
// "a, b, c".
std::string listed(const std::vector<std::string>& names);

// One line of text for a value: text without quotes, everything else as JSON.
std::string plain(const Json& value);

}  // namespace castalia_cli

#endif  // CASTALIA_BINDINGS_CLI_COMMANDS_H_
