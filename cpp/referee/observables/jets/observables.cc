// Mass, multiplicity, substructure and energy-flow polynomials of jets.
#include "cpp/referee/observables/observables.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "cpp/base/text.h"
#include "cpp/referee/observables/jets/cloud.h"
#include "cpp/referee/observables/jets/energy_flow.h"
#include "cpp/referee/observables/jets/subjets.h"
#include "cpp/referee/observables/rows.h"

namespace castalia::referee {
namespace {

const Multigraph kLine{2, {{0, 1}}};
const Multigraph kTriangle{3, {{0, 1}, {0, 2}, {1, 2}}};

// 0 where there is nothing to compare: a jet without particles, or of one.
double ratio(double above, double below) { return below > 0 ? above / below : 0; }

struct JetSums {
  double pt = 0, eta = 0, phi = 0, mass = 0;
  double scalar_pt = 0, scalar_pt2 = 0, girth = 0, leading_pt = 0;
};

JetSums sums_of(const Cloud& jet) {
  JetSums out;
  // E + pz and E - pz of massless particles, each without cancellation.
  double px = 0, py = 0, plus = 0, minus = 0;
  for (int64_t i = 0; i < jet.size(); ++i) {
    const double pt = jet.pt[i], boost = std::exp(jet.eta[i]);
    px += pt * std::cos(jet.phi[i]);
    py += pt * std::sin(jet.phi[i]);
    plus += pt * boost;
    minus += pt / boost;
    out.scalar_pt += pt;
    out.scalar_pt2 += pt * pt;
    out.girth += pt * std::sqrt(squared_distance(jet.eta[i], jet.phi[i], 0, 0));
    out.leading_pt = std::max(out.leading_pt, pt);
  }
  const double pt2 = px * px + py * py;
  out.pt = std::sqrt(pt2);
  // Below this share of E^2 the difference is rounding: one particle has no mass.
  const double mass2 = plus * minus - pt2;
  out.mass = mass2 > 4e-16 * plus * minus ? std::sqrt(mass2) : 0;
  out.eta = out.pt > 0 ? std::asinh((plus - minus) / 2 / out.pt) : 0;
  out.phi = out.pt > 0 ? std::atan2(py, px) : 0;
  return out;
}

struct JetPlan {
  std::vector<Multigraph> graphs;  // connected; those that are shown come first
  size_t shown = 0;
  std::vector<std::vector<int>> products;
  size_t line = 0, triangle = 0;
  int subjets = 0;
  double beta = 1, radius = 1;
  bool normalise = false;

  explicit JetPlan(const FieldValues& fields)
      : subjets(static_cast<int>(fields.integer("subjets"))),
        beta(fields.real("beta")),
        radius(fields.real("radius")),
        normalise(fields.boolean("efp_normalise")) {
    const auto degree = static_cast<int>(fields.integer("efp_degree"));
    // The correlations need the triangle whatever the degree.
    graphs = connected_multigraphs(std::max(degree, 3));
    if (degree > 0) {
      shown = std::count_if(graphs.begin(), graphs.end(), [&](const Multigraph& graph) {
        return static_cast<int>(graph.edges.size()) <= degree;
      });
      if (fields.boolean("efp_products")) products = disconnected_multigraphs(graphs, degree);
    }
    line = std::find(graphs.begin(), graphs.end(), kLine) - graphs.begin();
    triangle = std::find(graphs.begin(), graphs.end(), kTriangle) - graphs.begin();
  }

  std::vector<Observable> columns() const;
  // Writes a row of the table.
  void fill(const JetSums& sums, int64_t multiplicity, std::span<const double> tau,
            std::span<const double> efp, double* out) const;
};

std::vector<Observable> JetPlan::columns() const {
  const std::string pt = "jet pT";
  std::vector<Observable> out = {
      {"mass", pt, "invariant mass of the massless particles' sum"},
      {"pt", pt, "transverse momentum of the particles' sum"},
      {"eta", "", "pseudorapidity of the particles' sum, relative to the jet"},
      {"phi", "rad", "azimuth of the particles' sum, relative to the jet"},
      {"multiplicity", "", "number of particles"},
      {"leading_pt", pt, "largest transverse momentum of a particle"},
      {"girth", "", "distance of the particles from the jet's axis (0, 0), weighted by pT"},
      {"pt_dispersion", "", "root of the sum of pT^2 over the sum of pT"}};
  for (int n = 1; n <= subjets; ++n) {
    out.push_back({text("tau_", n), "", text(n, "-subjettiness about exclusive kT axes")});
  }
  for (int n = 2; n <= subjets; ++n) {
    out.push_back({text("tau_", n, n - 1), "", text("tau_", n, " / tau_", n - 1)});
  }
  out.push_back({"c2", "", "energy correlations ECF3 ECF1 / ECF2^2"});
  out.push_back({"d2", "", "energy correlations ECF3 ECF1^3 / ECF2^3"});
  for (size_t i = 0; i < shown; ++i) {
    const std::string edges = text_of(graphs[i]);
    out.push_back({"efp_" + edges, "", "energy-flow polynomial of the graph " + edges});
  }
  for (const std::vector<int>& parts : products) {
    std::vector<std::string> names;
    for (const int part : parts) names.push_back(text_of(graphs[part]));
    out.push_back({"efp_" + join(names, "x"), "",
                   "product of the energy-flow polynomials " + join(names, " and ")});
  }
  return out;
}

void JetPlan::fill(const JetSums& sums, int64_t multiplicity, std::span<const double> tau,
                   std::span<const double> efp, double* out) const {
  const auto put = [&out](double value) { *out++ = value; };
  put(sums.mass);
  put(sums.pt);
  put(sums.eta);
  put(sums.phi);
  put(static_cast<double>(multiplicity));
  put(sums.leading_pt);
  put(ratio(sums.girth, sums.scalar_pt));
  put(ratio(std::sqrt(sums.scalar_pt2), sums.scalar_pt));
  for (int n = 0; n < subjets; ++n) put(tau[n]);
  for (int n = 1; n < subjets; ++n) put(ratio(tau[n], tau[n - 1]));
  // The polynomials count ordered pairs and triples.
  const double ecf1 = efp[0], ecf2 = efp[line] / 2, ecf3 = efp[triangle] / 6;
  put(ratio(ecf3 * ecf1, ecf2 * ecf2));
  put(ratio(ecf3 * ecf1 * ecf1 * ecf1, ecf2 * ecf2 * ecf2));
  for (size_t i = 0; i < shown; ++i) put(efp[i]);
  for (const std::vector<int>& parts : products) {
    double product = 1;
    for (const int part : parts) product *= efp[part];
    put(product);
  }
}

Observables compute(const Dataset& data, const FieldValues& fields, ThreadPool& pool) {
  const CloudLayout layout("jets", data, fields);
  const JetPlan plan(fields);
  const EnergyFlow flow(plan.graphs, plan.beta);
  Observables out;
  ObservableTable& table = out.table;
  table.columns = plan.columns();
  table.rows = data.rows;
  table.values.resize(table.rows * table.width());

  struct Workplace {
    Cloud jet;
    KtClustering clustering;
    EnergyFlow::Scratch flow;
    std::vector<double> z, tau, efp;
  };
  std::vector<Workplace> places(pool.threads());
  for (Workplace& place : places) {
    place.tau.resize(plan.subjets);
    place.efp.resize(plan.graphs.size());
  }
  for_each_row(pool, data.rows, [&](int64_t i, int thread) {
    Workplace& place = places[thread];
    Cloud& jet = place.jet;
    jet.read(layout, data.x.data() + i * data.features, i);
    const JetSums sums = sums_of(jet);
    for (double& phi : jet.phi) {
      if (std::abs(phi) > std::numbers::pi) phi = std::remainder(phi, 2 * std::numbers::pi);
    }
    if (plan.subjets > 0) place.clustering.cluster(jet, plan.subjets);
    for (int n = 1; n <= plan.subjets; ++n) {
      const bool some = place.clustering.particles() > n;
      place.tau[n - 1] =
          some ? n_subjettiness(jet, place.clustering.axes(n), plan.beta, plan.radius) : 0;
    }
    place.z = jet.pt;
    if (plan.normalise) {
      for (double& z : place.z) z = ratio(z, sums.scalar_pt);
    }
    flow.compute(place.z, jet.eta, jet.phi, place.efp.data(), place.flow);
    plan.fill(sums, jet.size(), place.tau, place.efp, table.row(i));
  });
  return out;
}

std::vector<Field> jet_fields() {
  std::vector<Field> fields = cloud_fields();
  fields.push_back({.name = "subjets",
                    .type = FieldType::integer,
                    .default_value = "4",
                    .meaning = "N-subjettiness of 1 to this many subjets, and the ratios",
                    .least = 0,
                    .greatest = 8});
  fields.push_back({.name = "beta",
                    .type = FieldType::real,
                    .default_value = "1",
                    .meaning = "power of the angle in N-subjettiness, correlations and polynomials",
                    .least = 0.01,
                    .greatest = 10});
  fields.push_back({.name = "radius",
                    .type = FieldType::real,
                    .default_value = "0.8",
                    .meaning = "radius of the jets, in the norm of N-subjettiness",
                    .least = 1e-3,
                    .greatest = 10});
  fields.push_back({.name = "efp_degree",
                    .type = FieldType::integer,
                    .default_value = "4",
                    .meaning = "energy-flow polynomials of up to this many edges; none if 0",
                    .least = 0,
                    .greatest = EnergyFlow::kMostEdges});
  fields.push_back(
      {.name = "efp_products",
       .type = FieldType::boolean,
       .default_value = "true",
       .meaning = "polynomials of graphs that are not connected too: products of others"});
  fields.push_back({.name = "efp_normalise",
                    .type = FieldType::boolean,
                    .default_value = "false",
                    .meaning = "divide each pt_rel in the polynomials by the sum over the jet"});
  return fields;
}

}  // namespace

const ObservableSet& jets_observables() {
  static const ObservableSet set = {
      .name = "jets",
      .summary = "mass, multiplicity, substructure and energy-flow polynomials of jets",
      .description =
          "A row of the data is a jet in the layout of JetNet: particle after particle, each with "
          "eta_rel, phi_rel, pt_rel and, unless particle_features is 3, a mask. Particles are "
          "massless; all is relative to the jet, so that momenta and masses are in units of its "
          "pT. N-subjettiness is about the axes of exclusive kT clustering (E-scheme), without "
          "minimisation, and 0 for a jet of N particles or fewer. A ratio whose denominator is 0 "
          "is 0, and so is every observable of a jet without particles. The 36 polynomials of up "
          "to four edges are the features of the Frechet physics distance (arXiv:2211.10295); a "
          "name lists the graph's edges, and 0 is the sum of pt_rel.",
      .references = {"2106.11535", "1712.07124", "1011.2268", "1305.0007", "1409.6298",
                     "2211.10295"},
      .fields = jet_fields(),
      .compute = compute};
  return set;
}

}  // namespace castalia::referee
