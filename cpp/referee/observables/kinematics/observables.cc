// Masses, momenta and angles of a few particles given by their four-momenta.
#include "cpp/referee/observables/observables.h"

#include <cmath>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/referee/observables/kinematics/four_vector.h"
#include "cpp/referee/observables/rows.h"

namespace castalia::referee {
namespace {

// Pairs with a third particle grow as the cube.
constexpr int64_t kMostParticles = 16;
constexpr int64_t kComponents = 4;

std::vector<std::string> particle_names(const Dataset& data, const FieldValues& fields) {
  if (data.features == 0 || data.features % kComponents != 0) {
    fail(Code::shape_mismatch, "kinematics: the data have ", data.features,
         " columns, which is no multiple of the 4 components of a momentum");
  }
  const int64_t particles = data.features / kComponents;
  if (particles > kMostParticles) {
    fail(Code::out_of_range, "kinematics: the data have ", particles, " particles; at most ",
         kMostParticles, " are allowed");
  }
  std::vector<std::string> names = fields.texts("particles");
  if (names.empty()) {
    for (int64_t i = 0; i < particles; ++i) names.push_back(text("p", i));
  }
  if (static_cast<int64_t>(names.size()) != particles) {
    fail(Code::shape_mismatch, "kinematics.particles names ", names.size(),
         " particles, but the data have ", particles, " (", data.features, " columns)");
  }
  for (size_t i = 0; i < names.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (names[i] == names[j]) {
        fail(Code::invalid_argument, "kinematics.particles has the name '", names[i], "' twice");
      }
    }
  }
  return names;
}

std::vector<Observable> columns_of(const std::vector<std::string>& names, const std::string& unit) {
  std::vector<Observable> out;
  const auto add = [&](const std::string& what, const char* name, const std::string& units,
                       const std::string& meaning) {
    out.push_back({what + "_" + name, units, meaning});
  };
  for (const std::string& each : names) {
    add(each, "pt", unit, "transverse momentum of " + each);
    add(each, "eta", "", "pseudorapidity of " + each);
    add(each, "phi", "rad", "azimuth of " + each);
    add(each, "rapidity", "", "rapidity of " + each);
    add(each, "mass", unit, "invariant mass of " + each);
  }
  for (size_t i = 0; i < names.size(); ++i) {
    for (size_t j = i + 1; j < names.size(); ++j) {
      const std::string pair = names[i] + "_" + names[j];
      const std::string both = names[i] + " and " + names[j];
      add(pair, "mass", unit, "invariant mass of " + both);
      add(pair, "pt", unit, "transverse momentum of " + both);
      add(pair, "rapidity", "", "rapidity of " + both);
      add(pair, "delta_phi", "rad", "azimuth from " + names[i] + " to " + names[j] + ", 0 to 2 pi");
      add(pair, "delta_r", "", "distance in pseudorapidity and azimuth of " + both);
      add(pair, "cos_theta_star", "",
          "cosine of the polar angle of " + names[i] + " in the Collins-Soper frame of " + both);
      add(pair, "phi_star", "rad",
          "azimuth of " + names[i] + " in the Collins-Soper frame of " + both);
      for (size_t k = 0; k < names.size(); ++k) {
        if (k == i || k == j) continue;
        add(pair, ("delta_phi_" + names[k]).c_str(), "rad",
            "azimuth from " + both + " to " + names[k] + ", 0 to 2 pi");
      }
    }
  }
  if (names.size() > 2) {
    add("total", "mass", unit, "invariant mass of all particles");
    add("total", "pt", unit, "transverse momentum of all particles");
    add("total", "rapidity", "", "rapidity of all particles");
  }
  return out;
}

void fill(const std::vector<FourVector>& particles, double* out) {
  const auto put = [&out](double value) { *out++ = value; };
  for (const FourVector& p : particles) {
    put(transverse_momentum(p));
    put(pseudorapidity(p));
    put(azimuth(p));
    put(rapidity(p));
    put(invariant_mass(p));
  }
  FourVector total;
  for (size_t i = 0; i < particles.size(); ++i) {
    const FourVector& a = particles[i];
    total = total + a;
    for (size_t j = i + 1; j < particles.size(); ++j) {
      const FourVector& b = particles[j];
      const FourVector pair = a + b;
      put(invariant_mass(pair));
      put(transverse_momentum(pair));
      put(rapidity(pair));
      put(turn(azimuth(a), azimuth(b)));
      put(std::hypot(pseudorapidity(a) - pseudorapidity(b),
                     azimuth_between(azimuth(a), azimuth(b))));
      const FrameAngles star = collins_soper(a, b);
      put(star.cos_theta);
      put(star.phi);
      for (size_t k = 0; k < particles.size(); ++k) {
        if (k != i && k != j) put(turn(azimuth(pair), azimuth(particles[k])));
      }
    }
  }
  if (particles.size() > 2) {
    put(invariant_mass(total));
    put(transverse_momentum(total));
    put(rapidity(total));
  }
}

Observables compute(const Dataset& data, const FieldValues& fields, ThreadPool& pool) {
  const std::vector<std::string> names = particle_names(data, fields);
  Observables out;
  ObservableTable& table = out.table;
  table.columns = columns_of(names, fields.text("unit"));
  table.rows = data.rows;
  table.values.resize(table.rows * table.width());
  std::vector<std::vector<FourVector>> places(pool.threads(),
                                              std::vector<FourVector>(names.size()));
  for_each_row(pool, data.rows, [&](int64_t i, int thread) {
    std::vector<FourVector>& particles = places[thread];
    const double* p = data.x.data() + i * data.features;
    for (FourVector& each : particles) {
      each = {p[0], p[1], p[2], p[3]};
      p += kComponents;
    }
    fill(particles, table.row(i));
  });
  return out;
}

}  // namespace

const ObservableSet& kinematics_observables() {
  static const ObservableSet set = {
      .name = "kinematics",
      .summary = "masses, momenta and angles of a few particles",
      .description =
          "A row of the data is an event: (E, px, py, pz) of each particle, the beams along z. "
          "Each particle, each pair and the sum of all get their mass, transverse momentum and "
          "rapidity; pairs their angles, too: delta_phi from the first to the second, or from the "
          "pair to a third particle, is in [0, 2 pi), and the star is the Collins-Soper frame. A "
          "space-like momentum has a negative mass. Rapidities along the beam end at +-28.",
      .references = {},
      .fields = {{.name = "particles",
                  .type = FieldType::text_list,
                  .default_value = "[]",
                  .meaning = "names of the particles, in their order; p0, p1, ... if none"},
                 {.name = "unit",
                  .type = FieldType::text,
                  .default_value = R"("GeV")",
                  .meaning = "unit of the momenta"}},
      .compute = compute};
  return set;
}

}  // namespace castalia::referee
