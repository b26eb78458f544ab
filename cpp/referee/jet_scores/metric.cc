// The scores of generated jets that arXiv:2106.11535 introduced.
#include <nlohmann/json.hpp>

#include "cpp/base/status.h"
#include "cpp/referee/columns.h"
#include "cpp/referee/jet_transport.h"
#include "cpp/referee/metric.h"
#include "cpp/referee/observables/jets/energy_flow.h"
#include "cpp/referee/observables/observables.h"
#include "cpp/referee/sample.h"
#include "cpp/referee/transport_batches.h"

namespace castalia::referee {
namespace {

// Where matching begins, of all work: nearly all of it.
constexpr double kMatching = 0.1;

// A set of observables of both samples.
class ObservedPair {
 public:
  ObservedPair(const char* set, const nlohmann::json& fields, const Comparison& comparison,
               Work& work)
      : generated_(observe("generated", set, fields, *comparison.generated, work)),
        reference_(observe("reference", set, fields, *comparison.reference, work)) {}

  // The Wasserstein-1 distances of some of the columns; of all where none is named.
  std::vector<Replicated> distances(const std::vector<std::string>& columns,
                                    const Comparison& comparison, Work& work) const {
    const Dataset x = as_dataset(select(generated_, columns), *comparison.generated);
    const Dataset y = as_dataset(select(reference_, columns), *comparison.reference);
    check_table(x, "generated");
    check_table(y, "reference");
    const SignedEvents events(x, y, work.seed, generated_.event, reference_.event);
    return wasserstein_distances(x, y, events, work);
  }

 private:
  // A table of particles may be empty, and all of its weights zero, where that of jets is not.
  static void check_table(const Dataset& table, const std::string& sample) {
    if (table.rows == 0) fail(Code::empty_data, sample, ": no jet has a particle");
    check_sample(table, sample + ": the particles");
  }

  static ObservableTable observe(const char* sample, const char* set, const nlohmann::json& fields,
                                 const Dataset& data, Work& work) {
    try {
      return compute_observables(find_observable_set(set), data, fields.dump(), work.pool).table;
    } catch (const Error& error) {
      fail(error.code(), sample, ": ", error.what());
    }
  }

  static ObservableTable select(const ObservableTable& table,
                                const std::vector<std::string>& names) {
    if (names.empty()) return table;
    ObservableTable out{.columns = {}, .rows = table.rows, .values = {}, .event = table.event};
    std::vector<int64_t> places;
    for (const std::string& name : names) {
      places.push_back(table.column(name));
      out.columns.push_back(table.columns[static_cast<size_t>(places.back())]);
    }
    for (int64_t i = 0; i < table.rows; ++i) {
      for (const int64_t place : places) out.values.push_back(table.row(i)[place]);
    }
    return out;
  }

  ObservableTable generated_, reference_;
};

// The polynomials of W1-EFP: of connected graphs with four vertices and four edges.
std::vector<std::string> flow_columns() {
  std::vector<std::string> out;
  for (const Multigraph& graph : connected_multigraphs(4)) {
    if (graph.vertices == 4 && graph.edges.size() == 4) out.push_back("efp_" + text_of(graph));
  }
  return out;
}

std::vector<Cloud> read_clouds(const Rows& rows, const CloudLayout& layout) {
  std::vector<Cloud> out(static_cast<size_t>(rows.count));
  for (int64_t r = 0; r < rows.count; ++r) {
    Cloud all;
    all.read(layout, rows.row(r), r);
    // Transport asks for momentum.
    Cloud& jet = out[static_cast<size_t>(r)];
    for (size_t i = 0; i < all.pt.size(); ++i) {
      if (all.pt[i] <= 0) continue;
      jet.eta.push_back(all.eta[i]);
      jet.phi.push_back(all.phi[i]);
      jet.pt.push_back(all.pt[i]);
    }
  }
  return out;
}

Judgement evaluate_jet_scores(const Comparison& comparison, const FieldValues& values, Work& work) {
  const CloudLayout layout("jet_scores", *comparison.reference, values);
  const nlohmann::json clouds = {{"particle_features", values.integer("particle_features")},
                                 {"negative_pt", values.text("negative_pt")}};
  nlohmann::json jets = clouds;
  jets.update({{"subjets", 0}, {"efp_degree", 4}, {"efp_products", false}});
  Judgement out;
  const auto add_score = [&](const ObservedPair& observed, const std::vector<std::string>& columns,
                             const char* name, double begin, double end) {
    Work part = work.part(begin, end);
    add_mean(observed.distances(columns, comparison, part), name, out);
  };
  const ObservedPair of_jets("jets", jets, comparison, work);
  add_score(of_jets, {"mass"}, "w1_m", 0.02, 0.03);
  const ObservedPair of_particles("constituents", clouds, comparison, work);
  add_score(of_particles, {}, "w1_p", 0.03, 0.08);
  add_score(of_jets, flow_columns(), "w1_efp", 0.08, kMatching);
  const std::vector<double> factors(static_cast<size_t>(comparison.reference->features), 1.0);
  const std::string names[] = {"coverage", "mmd"};
  const double radius = values.real("radius");
  Work part = work.part(kMatching, 1);
  Judgement matched = batched(
      comparison, values, factors, names,
      [&](const Rows& left, const Rows& right) -> std::vector<double> {
        const Matching found =
            match_jets(read_clouds(left, layout), read_clouds(right, layout), radius);
        return {found.coverage, found.minimum_matching_distance};
      },
      part);
  for (Figure& each : matched.figures) out.figures.push_back(std::move(each));
  for (Detail& each : matched.details) out.details.push_back(std::move(each));
  return out;
}

std::vector<Field> score_fields() {
  std::vector<Field> fields = cloud_fields();
  for (Field& each : batch_fields(10, 100)) fields.push_back(std::move(each));
  fields.push_back({.name = "radius",
                    .type = FieldType::real,
                    .default_value = "1",
                    .meaning = "R of the energy mover's distance in coverage and mmd",
                    .least = 1e-6,
                    .greatest = 1e6});
  return fields;
}

}  // namespace

const Metric& jet_scores_metric() {
  static const Metric metric{
      .name = "jet_scores",
      .family = "jets",
      .summary = "W1-M, W1-P, W1-EFP, coverage and MMD of jets in the layout of JetNet",
      .description =
          "A row is a jet as the set of observables 'jets' takes it. w1_m, w1_p, w1_efp: the "
          "Wasserstein-1 distance of the jets' masses, the mean of those of the particles' "
          "eta_rel, phi_rel and pt_rel, and the mean of those of the five energy-flow polynomials "
          "of connected graphs with four vertices and four edges; each column's in the details. "
          "Every jet enters once, with its weight, where the paper averages over batches drawn "
          "with replacement, which adds the noise of drawing to the value. Errors and null values "
          "are from multiplier replicates in which the particles of a jet fluctuate together. "
          "coverage: the share of reference jets that are the nearest one to a generated jet, by "
          "the energy mover's distance; mmd: the mean over reference jets of the distance to the "
          "nearest generated one. Both depend on the size of the batches (`events`), are averaged "
          "over disjoint ones and do not use weights; their null values are from pairs of batches "
          "of the reference.",
      .references = {"2106.11535"},
      .fields = score_fields(),
      .evaluate = evaluate_jet_scores,
      .takes_events = true};
  return metric;
}

}  // namespace castalia::referee
