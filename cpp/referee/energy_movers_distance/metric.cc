// The energy mover's distance between jets, and what follows from it for samples of jets.
#include "cpp/referee/metric.h"
#include "cpp/base/status.h"
#include "cpp/referee/jet_transport.h"
#include "cpp/referee/transport_batches.h"

namespace castalia::referee {
namespace {

// How a row holds a jet.
struct Layout {
  int64_t particle;                  // values of a particle
  int64_t eta, phi, momentum, mask;  // mask is -1 where there is none
  bool normalise;
  double radius;
};

Cloud read_jet(const double* row, int64_t columns, const Layout& layout) {
  Cloud jet;
  double sum = 0;
  for (int64_t at = 0; at < columns; at += layout.particle) {
    const double momentum = row[at + layout.momentum];
    const bool absent = layout.mask >= 0 && row[at + layout.mask] <= 0.5;
    // Generators give soft constituents a little less than nothing: those are absent, too.
    if (absent || momentum <= 0) continue;
    jet.eta.push_back(row[at + layout.eta]);
    jet.phi.push_back(row[at + layout.phi]);
    jet.pt.push_back(momentum);
    sum += momentum;
  }
  if (layout.normalise) {
    for (double& each : jet.pt) each /= sum;
  }
  return jet;
}

std::vector<Cloud> read_jets(const Rows& rows, const Layout& layout) {
  std::vector<Cloud> jets;
  for (int64_t r = 0; r < rows.count; ++r) {
    jets.push_back(read_jet(rows.row(r), rows.columns, layout));
    if (jets.back().pt.empty() && layout.normalise) {
      fail(Code::empty_data,
           "energy_movers_distance: a jet has no constituent, so its momenta "
           "cannot be normalised; set normalise to false");
    }
  }
  return jets;
}

std::vector<double> compare_batches(const Rows& generated, const Rows& reference,
                                    const Layout& layout) {
  const Matching found =
      match_jets(read_jets(generated, layout), read_jets(reference, layout), layout.radius);
  return {found.minimum_matching_distance, found.coverage, found.mean_distance};
}

Layout layout_of(const Comparison& comparison, const FieldValues& values) {
  Layout layout{values.integer("values_per_particle"),
                values.integer("eta"),
                values.integer("phi"),
                values.integer("momentum"),
                values.integer("mask"),
                values.boolean("normalise"),
                values.real("radius")};
  for (const auto& [name, place] :
       {std::pair("eta", layout.eta), std::pair("phi", layout.phi),
        std::pair("momentum", layout.momentum), std::pair("mask", layout.mask)}) {
    if (place >= layout.particle) {
      fail(Code::out_of_range, "energy_movers_distance.", name, " is ", place,
           ", but a particle has ", layout.particle, " values");
    }
  }
  if (comparison.reference->features % layout.particle != 0) {
    fail(Code::shape_mismatch, "energy_movers_distance: ", comparison.reference->features,
         " columns are not a whole number of particles of ", layout.particle, " values");
  }
  return layout;
}

Judgement evaluate_energy_movers_distance(const Comparison& comparison, const FieldValues& values,
                                          Work& work) {
  const Layout layout = layout_of(comparison, values);
  const std::vector<double> factors(static_cast<size_t>(comparison.reference->features), 1.0);
  const std::string names[] = {"minimum_matching_distance", "coverage", "mean_distance"};
  return batched(
      comparison, values, factors, names,
      [&layout](const Rows& left, const Rows& right) {
        return compare_batches(left, right, layout);
      },
      work);
}

Field place_field(const char* name, const char* default_value, const char* meaning, double least) {
  return {.name = name,
          .type = FieldType::integer,
          .default_value = default_value,
          .meaning = meaning,
          .least = least,
          .greatest = 1000};
}

}  // namespace

const Metric& energy_movers_distance_metric() {
  static const Metric metric{
      .name = "energy_movers_distance",
      .family = "transport",
      .summary = "energy mover's distance between jets: matching distance, coverage and mean",
      .description =
          "A row is a jet: particles one after another, each with pseudorapidity, azimuth, "
          "transverse momentum and a mask (the JetNet layout), or without one. The distance of two "
          "jets is the least work of turning one into the other, momentum times distance over the "
          "radius, with the momentum that one has more added at its own cost. Over batches: the "
          "mean over reference jets of the distance to the nearest generated one, the share of "
          "reference jets that are nearest to a generated one, and the mean over all pairs. "
          "Particles without momentum are absent. Azimuth is periodic. Event weights are not used: "
          "jets of a batch count alike.",
      .references = {"1902.02346", "2106.11535"},
      .fields =
          [] {
            std::vector<Field> fields = batch_fields(10, 50);
            fields.push_back(place_field("values_per_particle", "4",
                                         "values that a particle takes in a row", 3));
            fields.push_back(place_field("eta", "0", "place of the pseudorapidity", 0));
            fields.push_back(place_field("phi", "1", "place of the azimuth, in radians", 0));
            fields.push_back(place_field("momentum", "2", "place of the transverse momentum", 0));
            fields.push_back(place_field(
                "mask", "3", "place of the mask (above 0.5: present), or -1 for none", -1));
            fields.push_back({.name = "normalise",
                              .type = FieldType::boolean,
                              .default_value = "false",
                              .meaning = "whether the momenta of a jet are divided by their sum"});
            fields.push_back(
                {.name = "radius",
                 .type = FieldType::real,
                 .default_value = "0.8",
                 .meaning = "R, the distance over which moving costs as much as making",
                 .least = 1e-6,
                 .greatest = 1e6});
            return fields;
          }(),
      .evaluate = evaluate_energy_movers_distance,
      .takes_events = true};
  return metric;
}

}  // namespace castalia::referee
