/* Coordinates for pp -> Z(mu+ mu-) + jet: nine numbers in a box to four-vectors.
 *
 * The features are those of examples/fortran/event_generator/kinematics.f90, in the same order and
 * by the same formulas; the README there says why these. An event is p[3][4]: (E, px, py, pz) in
 * GeV of the mu+, the mu- and the jet, with the beams along z. */
#ifndef CASTALIA_EXAMPLES_C_KINEMATICS_H_
#define CASTALIA_EXAMPLES_C_KINEMATICS_H_

#include <stdbool.h>

enum { kFeatures = 9, kParticles = 7 };

/* Whether features describe an event at all: what event_from_features asks for. */
bool is_physical(const double features[kFeatures]);

/* Four-vectors from nine features, the azimuth of the Z, and the side (+1 or -1) of the plane of
 * the beam and the Z on which the mu+ goes. Each lies exactly on its mass shell. */
void event_from_features(const double features[kFeatures], double azimuth, double side,
                         double p[3][4]);

/* Whether an event lies inside the selection that defines the sample, and the beams could make
 * it. */
bool is_accepted(double p[3][4]);

/* Momenta and masses of two incoming pseudo-partons, the Z, the mu+, the mu-, the jet and the
 * recoil that balances them. */
void fill_record(double p[3][4], double momenta[kParticles][4], double masses[kParticles]);

#endif /* CASTALIA_EXAMPLES_C_KINEMATICS_H_ */
