// The metrics of `castalia evaluate`: which ones, and what they say of two samples.
#ifndef CASTALIA_BINDINGS_CLI_JUDGING_H_
#define CASTALIA_BINDINGS_CLI_JUDGING_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bindings/cli/library.h"
#include "bindings/cli/report/report.h"
#include "bindings/cli/samples.h"

namespace castalia_cli {

struct Chosen {
  std::vector<std::string> metrics;
  bool all = false;                      // a metric that cannot be had is no failure then
  std::map<std::string, Json> settings;  // of a metric
};

// By names ("all", "none"; a default where none is asked for, with more of it for jets), with
// settings METRIC.FIELD=VALUE.
// Failure: an unknown metric. CLI::ValidationError: settings of one that was not chosen.
Chosen choose_metrics(const std::vector<std::string>& asked,
                      const std::vector<std::string>& settings, bool jets);

struct Compared {
  Sample generated, reference;
  std::optional<Sample> training;
};

// What the metrics say of the generated events against the reference, and of the training events:
// by their observables, or by the events themselves where the metric takes those.
void add_judgements(castalia_context* context, const Chosen& chosen, uint64_t seed,
                    const Compared& events, const Compared& observables, report::Content& content);

// What the one-dimensional metrics say of every column.
void add_column_judgements(castalia_context* context, uint64_t seed, const Compared& samples,
                           report::Content& content);

}  // namespace castalia_cli

#endif  // CASTALIA_BINDINGS_CLI_JUDGING_H_
