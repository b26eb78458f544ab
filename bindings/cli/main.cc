// castalia: the command line. It sees the C interface alone.
//
// Results go to stdout, everything else to stderr. Exit status: 0 done, 1 failed, 2 the command
// line makes no sense, 130 interrupted.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <utility>

#include "bindings/cli/commands.h"

namespace castalia_cli {

namespace {

// Chunks of one command warn of the same: the first is told.
int warn(int32_t level, const char* message, void*) {
  static bool told = false;
  constexpr int32_t kWarning = 2;
  if (level >= kWarning && !std::exchange(told, true)) {
    std::cerr << "castalia: warning: " << message << "\n";
  }
  return 0;
}

}  // namespace

Context make_context(int threads, const std::string& device) {
  Context context = make<Context>(castalia_context_create);
  // Training takes all cores unless a number was given; sampling and evaluation the number, or all.
  check(castalia_context_set_threads(context.get(), threads, threads));
  check(castalia_context_set_device(context.get(), device.c_str()));
  check(castalia_context_set_log(context.get(), warn, nullptr));
  return context;
}

Location location(const std::string& option, const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) {
    throw CLI::ValidationError(option, "'" + text + "' is not of the form FILE:DATASET");
  }
  return {text.substr(0, colon), text.substr(colon + 1)};
}

void assign(Json& fields, const std::string& option, const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw CLI::ValidationError(option, "'" + text + "' is not of the form FIELD=VALUE");
  }
  const std::string value = text.substr(equals + 1);
  Json parsed = Json::parse(value, nullptr, /*allow_exceptions=*/false);
  fields[text.substr(0, equals)] = parsed.is_discarded() ? Json(value) : parsed;
}

CLI::Validator at_least(int64_t least) {
  const std::string words = "at least " + std::to_string(least);
  const auto check = [least, words](std::string& text) {
    int64_t value = 0;
    const bool good = CLI::detail::lexical_cast(text, value) && value >= least;
    return good ? std::string() : "'" + text + "' is not a whole number of " + words;
  };
  return CLI::Validator(check, words);
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

std::string plain(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace castalia_cli

int main(int argc, char** argv) {
  using namespace castalia_cli;
  CLI::App program{"Castalia: generative models for particle physics"};
  program.name("castalia");
  program.set_version_flag("--version", castalia_version());
  program.require_subcommand(1);
  program.get_formatter()->column_width(34);
  try {
    add_models(program);
    add_transformers(program);
    add_bijections(program);
    add_adversarial(program);
    add_targets(program);
    add_metrics(program);
    add_observables(program);
    add_describe(program);
    add_info(program);
    add_export(program);
    add_train(program);
    add_sample(program);
    add_evaluate(program);
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "castalia: %s\n", error.what());
    return 1;
  }
  return 0;
}
