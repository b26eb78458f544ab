// Jets as point clouds in the layout of JetNet (arXiv:2106.11535): a row is one jet, particle after
// particle, each (eta_rel, phi_rel, pt_rel) or (eta_rel, phi_rel, pt_rel, mask), relative to the
// jet.
#ifndef CASTALIA_CPP_REFEREE_OBSERVABLES_JETS_CLOUD_H_
#define CASTALIA_CPP_REFEREE_OBSERVABLES_JETS_CLOUD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cpp/base/fields.h"
#include "cpp/train/dataset.h"

namespace castalia::referee {

// The fields that every set of observables over clouds has; CloudLayout reads them.
std::vector<Field> cloud_fields();

struct CloudLayout {
  std::string owner;      // named in errors
  int64_t particles = 0;  // slots of a row
  int64_t features = 0;   // of a slot: 3 or 4
  bool clip = false;      // a negative pt_rel counts as 0 instead of being an error

  // An Error (shape_mismatch) when the columns are not a multiple of the particle's features.
  CloudLayout(std::string owner, const Dataset& data, const FieldValues& fields);
};

// The particles of one jet, without the empty slots. A slot holds a particle where its mask is at
// least 1/2; without a mask, where not all of its features are zero.
struct Cloud {
  std::vector<double> eta, phi, pt;
  int64_t size() const { return static_cast<int64_t>(pt.size()); }

  // Replaces the particles by those of a row, whose first slot is given. Errors (out_of_range) name
  // the row and the column: a negative pt_rel unless it is clipped, an |eta_rel| above kMostEta.
  void read(const CloudLayout& layout, const double* slot, int64_t row);

  // Beyond it cosh(eta) and what is made of it leave the range of a double.
  static constexpr double kMostEta = 100;
};

// The names of the features of a particle, in the order of the columns.
inline constexpr const char* kCloudFeatures[] = {"eta_rel", "phi_rel", "pt_rel"};

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_OBSERVABLES_JETS_CLOUD_H_
