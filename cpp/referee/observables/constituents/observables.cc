// The particles of jets, one row each: what W1-P compares.
#include "cpp/referee/observables/observables.h"

#include "cpp/referee/observables/jets/cloud.h"
#include "cpp/referee/observables/rows.h"

namespace castalia::referee {
namespace {

Observables compute(const Dataset& data, const FieldValues& fields, ThreadPool& pool) {
  const CloudLayout layout("constituents", data, fields);
  std::vector<Cloud> jets(data.rows);
  for_each_row(pool, data.rows,
               [&](int64_t i, int) { jets[i].read(layout, data.x.data() + i * data.features, i); });
  Observables out;
  ObservableTable& table = out.table;
  table.columns = {{"eta_rel", "", "pseudorapidity relative to the jet"},
                   {"phi_rel", "rad", "azimuth relative to the jet"},
                   {"pt_rel", "jet pT", "transverse momentum relative to the jet's"}};
  for (int64_t i = 0; i < data.rows; ++i) {
    for (int64_t k = 0; k < jets[i].size(); ++k) {
      table.values.insert(table.values.end(), {jets[i].eta[k], jets[i].phi[k], jets[i].pt[k]});
      table.event.push_back(i);
    }
  }
  table.rows = static_cast<int64_t>(table.event.size());
  return out;
}

}  // namespace

const ObservableSet& constituents_observables() {
  static const ObservableSet set = {
      .name = "constituents",
      .summary = "the particles of jets, one row each",
      .description =
          "The layout of the data is that of the set 'jets'. Each particle gives a row, in the "
          "order of the jets; empty slots give none.",
      .references = {"2106.11535"},
      .fields = cloud_fields(),
      .compute = compute};
  return set;
}

}  // namespace castalia::referee
