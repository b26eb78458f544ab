// What physicists plot of events: a set of observables turns a data set into a table, to which any
// metric can be applied.
//
// A folder cpp/referee/observables/<set>/ is one set: its observables.cc defines
// `const ObservableSet& <set>_observables()`. The registry of all is generated from the folders
// when the library is built.
#ifndef CASTALIA_CPP_REFEREE_OBSERVABLES_OBSERVABLES_H_
#define CASTALIA_CPP_REFEREE_OBSERVABLES_OBSERVABLES_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cpp/base/fields.h"
#include "cpp/base/thread_pool.h"
#include "cpp/train/dataset.h"

namespace castalia::referee {

struct Observable {
  std::string name;     // "layer_0_energy"
  std::string units;    // empty for a pure number; "data" where they are those of the data
  std::string meaning;  // one line
};

// One row an event, unless `event` says otherwise.
struct ObservableTable {
  std::vector<Observable> columns;
  int64_t rows = 0;
  std::vector<double> values;  // (rows, columns), row-major
  // The row of the data set that each row belongs to, not decreasing; empty when row i is event i.
  std::vector<int64_t> event = {};

  int64_t width() const { return static_cast<int64_t>(columns.size()); }
  double* row(int64_t i) { return values.data() + i * width(); }
  const double* row(int64_t i) const { return values.data() + i * width(); }
  // The number of a column; an Error (not_found) with the nearest name otherwise.
  int64_t column(const std::string& name) const;
  // The values of a column, copied.
  std::vector<double> values_of(const std::string& name) const;
};

// The rows of a table as a data set, each with the context and the weight of its event.
Dataset as_dataset(ObservableTable table, const Dataset& events);

// What describes the whole sample and not an event: a mean image, a spectrum, edges to draw with.
struct ObservableDetail {
  std::string name;
  std::string units;
  std::string meaning;
  std::vector<int64_t> shape;
  std::vector<double> values;
};

struct Observables {
  ObservableTable table;
  std::vector<ObservableDetail> details = {};

  // By name; an Error (not_found) with the nearest name otherwise.
  const ObservableDetail& detail(const std::string& name) const;
};

struct ObservableSet {
  std::string name;                     // "calorimeter"
  std::string summary;                  // one line
  std::string description;              // the layout of the data, and the conventions
  std::vector<std::string> references;  // arXiv numbers
  std::vector<Field> fields;

  // Every row depends on its event alone, and sums over events are made in a fixed order: the bits
  // are the same for any number of threads. Errors name the row and the column, counted from 0.
  std::function<Observables(const Dataset&, const FieldValues&, ThreadPool&)> compute;
};

// All sets, in the order of their names. Lives for the whole program.
std::span<const ObservableSet* const> observable_sets();
// By name; an Error (not_found) with the nearest name otherwise.
const ObservableSet& find_observable_set(const std::string& name);
// A list of objects {name, summary, description, references, fields}, fields as
// describe(const Field&) gives them.
std::string observable_sets_json();

// Checks the fields (a JSON object, or empty text for the defaults) and the data, then computes.
// Besides the set's own errors: empty_data (no rows), not_finite (row and column are named),
// out_of_range (a negative weight, weights that sum to 0), shape_mismatch (a data set whose arrays
// do not have the extents it states).
Observables compute_observables(const ObservableSet& set, const Dataset& data,
                                const std::string& fields, ThreadPool& pool);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_OBSERVABLES_OBSERVABLES_H_
