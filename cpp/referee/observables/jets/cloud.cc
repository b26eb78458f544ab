#include "cpp/referee/observables/jets/cloud.h"

#include <cmath>
#include <utility>

#include "cpp/base/status.h"

namespace castalia::referee {

std::vector<Field> cloud_fields() {
  return {{.name = "particle_features",
           .type = FieldType::integer,
           .default_value = "4",
           .meaning = "columns of a particle: eta_rel, phi_rel, pt_rel and, if 4, the mask",
           .least = 3,
           .greatest = 4},
          {.name = "negative_pt",
           .type = FieldType::text,
           .default_value = R"("error")",
           .meaning = "a particle of negative pt_rel is an error, or counts as one of pt_rel 0",
           .choices = {"error", "clip"}}};
}

CloudLayout::CloudLayout(std::string owner_name, const Dataset& data, const FieldValues& fields)
    : owner(std::move(owner_name)),
      features(fields.integer("particle_features")),
      clip(fields.text("negative_pt") == "clip") {
  if (data.features == 0 || data.features % features != 0) {
    fail(Code::shape_mismatch, owner, ": the data have ", data.features,
         " columns, which is no multiple of the ", features, " features of a particle");
  }
  particles = data.features / features;
}

void Cloud::read(const CloudLayout& layout, const double* slot, int64_t row) {
  eta.clear();
  phi.clear();
  pt.clear();
  for (int64_t i = 0; i < layout.particles; ++i, slot += layout.features) {
    const bool particle =
        layout.features == 4 ? slot[3] >= 0.5 : slot[0] != 0 || slot[1] != 0 || slot[2] != 0;
    if (!particle) continue;
    if (std::abs(slot[0]) > kMostEta) {
      fail(Code::out_of_range, layout.owner, ": eta_rel is ", slot[0], " in row ", row, ", column ",
           i * layout.features, "; at most ", kMostEta, " either way is allowed");
    }
    if (slot[2] < 0 && !layout.clip) {
      fail(Code::out_of_range, layout.owner, ": pt_rel is negative (", slot[2], ") in row ", row,
           ", column ", i * layout.features + 2, "; set negative_pt to 'clip' to take it as 0");
    }
    eta.push_back(slot[0]);
    phi.push_back(slot[1]);
    pt.push_back(slot[2] > 0 ? slot[2] : 0);
  }
}

}  // namespace castalia::referee
