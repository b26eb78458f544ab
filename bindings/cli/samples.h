// Samples as `castalia evaluate` takes them: found in files, cut, and turned into columns.
#ifndef CASTALIA_BINDINGS_CLI_SAMPLES_H_
#define CASTALIA_BINDINGS_CLI_SAMPLES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "bindings/cli/library.h"

namespace castalia_cli {

// What data sets of a name are, by the conventions of the field.
struct Layout {
  const char* dataset;
  const char* condition;    // of the same file, where it is there; may be ""
  const char* observables;  // the set that fits
  const char* words;
};

// FILE or FILE:DATASET. A data set that is not named is the first of a known layout.
struct Place {
  std::string path, dataset;
  std::string condition;  // "" for none
  std::string weights;    // "" for none

  std::string text() const { return path + ":" + dataset; }
};

// Whether an HDF5 file has the data set. Failure: it is no such file, or cannot be read.
bool has_dataset(const std::string& path, const std::string& dataset);

// A data set that is not named is `other`'s where the file has it, else the first of a known
// layout. Failure: there is none (with the names of what there is).
Place find_sample(const std::string& text, const std::string& other = "");

// By the name of the data set; null where it says nothing.
const Layout* layout_of(const std::string& dataset);

struct Sample {
  Dataset data;
  int64_t events = 0, features = 0, context_features = 0;
  bool weighted = false;
};

Sample sample_of(Dataset data, bool weighted);
// The first `most` events, or all where it is 0.
Sample open_sample(castalia_context* context, const Place& place, int64_t most);

// Rows first, first + 1, ... up to `rows` of them: (rows, features), (rows, context features) and
// (rows); weights are empty where the sample has none.
struct Rows {
  std::vector<double> x, condition, weights;
};
Sample make_sample(castalia_context* context, Rows rows, int64_t features,
                   int64_t context_features);
Rows read_rows(const Sample& sample, int64_t first, int64_t rows);

// Of all events; empty where there are none.
std::vector<double> weights_of(const Sample& sample);

// The first `most` columns, each with all events.
std::vector<std::vector<double>> columns_of(const Sample& sample, int64_t most);

}  // namespace castalia_cli

#endif  // CASTALIA_BINDINGS_CLI_SAMPLES_H_
