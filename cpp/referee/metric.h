// The court that generators stand before: how far a generated sample is from a reference sample.
//
// A folder cpp/referee/<metric> is a metric: its metric.cc defines `const Metric&
// <metric>_metric()`. The registry of all is generated from the folders when the library is built.
//
// Every figure comes with what it would be if both samples had the same distribution, because few
// metrics are zero then: a distance between two finite samples is not. The deviation from that, in
// units of its spread, is comparable between metrics; the value itself is not.
//
// Conventions of all metrics, checked before any of them runs:
//   empty_data       a sample without rows, or with fewer than the metric needs (the message says
//                    how many)
//   shape_mismatch   samples with different numbers of columns
//   not_finite       NaN or infinity in data or weights, with row and column
//   out_of_range     a negative weight, or weights that sum to zero
// A constant column is no error: where a metric divides by a column's spread, the column is left
// as it is (it adds nothing to any distance between samples that agree on it).
//
// Results have the same bits for any number of threads. A metric may be evaluated by any thread;
// a Work serves one evaluation at a time.
#ifndef CASTALIA_CPP_REFEREE_METRIC_H_
#define CASTALIA_CPP_REFEREE_METRIC_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "cpp/base/fields.h"
#include "cpp/base/text.h"
#include "cpp/base/thread_pool.h"
#include "cpp/train/dataset.h"

namespace castalia::referee {

// What is compared. Nothing is copied: the data sets outlive the evaluation.
struct Comparison {
  const Dataset* generated = nullptr;
  const Dataset* reference = nullptr;
  // What the generator was trained on, for the metrics that ask; may be null.
  const Dataset* training = nullptr;
};

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

struct Figure {
  std::string name;
  double value = kUnknown;
  // One standard deviation of the value: how far another pair of samples of these sizes would be.
  double error = kUnknown;
  // The value expected of two samples of one distribution with these sizes, and the standard
  // deviation of such values. Unknown (NaN, in JSON null) where no law gives them.
  double null_value = kUnknown;
  double null_error = kUnknown;

  // (value - null_value) / null_error: how many standard deviations from equality.
  double deviation() const { return (value - null_value) / null_error; }
};

// What explains the figures: a number, or one for each column, bin, batch or slice.
struct Detail {
  std::string name;
  std::variant<double, std::vector<double>> value;
};

struct Judgement {
  std::vector<Figure> figures;  // the first is the one to quote
  std::vector<Detail> details;

  const Figure& figure(const std::string& name) const;  // an Error (not_found) when there is none
};

// What an evaluation works with.
struct Work {
  ThreadPool& pool;
  uint64_t seed = 0;
  // Called on the evaluating thread with the share done, 0 to 1; returning false cancels.
  std::function<bool(double)> progress = {};

  // An Error (cancelled) when the callback asks to stop.
  void report(double share) const;

  // The same for a part of the work, whose progress runs from `begin` to `end` of the whole. This
  // Work outlives it.
  Work part(double begin, double end) const;
};

struct Metric {
  std::string name;         // "mmd"
  std::string family;       // "kernel"
  std::string summary;      // one line
  std::string description;  // some sentences: definition, conventions, what the errors are
  std::vector<std::string> references;  // arXiv numbers, or other citations
  std::vector<Field> fields;
  // Called with checked samples and values.
  Judgement (*evaluate)(const Comparison&, const FieldValues&, Work&) = nullptr;
  // Whether generated and reference must have the same number of columns.
  bool same_columns = true;
  // Whether it reads events of a layout (jets as clouds of particles), not columns of any meaning:
  // observables are then no input for it.
  bool takes_events = false;
};

// All metrics, in the order of their names. Lives for the whole program.
std::span<const Metric* const> metrics();
// By name; an Error (not_found) with the nearest name otherwise.
const Metric& find_metric(const std::string& name);

// A list of objects {name, family, summary, description, takes, fields, references}; takes is
// "events" or "columns".
std::string metrics_json();

// Checks samples and options (a JSON object, or empty text for the defaults), then evaluates.
// Errors: as above, and those of FieldValues.
Judgement judge(const Metric& metric, const Comparison& comparison, const std::string& options,
                Work& work);

struct Evaluation {
  Judgement judgement;
  std::string json;
};

// The same with its JSON text: {metric, settings, seed, generated, reference: {rows, columns,
// weighted}, figures: [{name, value, error, null_value, null_error, deviation}], details: {name:
// value}}. What is unknown is null.
Evaluation evaluate(const Metric& metric, const Comparison& comparison, const std::string& options,
                    Work& work);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_METRIC_H_
