// Kinematics of four-momenta. Every function is finite for finite arguments of less than 1e150.
#ifndef CASTALIA_CPP_REFEREE_OBSERVABLES_KINEMATICS_FOUR_VECTOR_H_
#define CASTALIA_CPP_REFEREE_OBSERVABLES_KINEMATICS_FOUR_VECTOR_H_

namespace castalia::referee {

// The beams are along z.
struct FourVector {
  double energy = 0, px = 0, py = 0, pz = 0;

  FourVector operator+(const FourVector& other) const {
    return {energy + other.energy, px + other.px, py + other.py, pz + other.pz};
  }
};

double transverse_momentum(const FourVector& p);
// In (-pi, pi]; 0 without transverse momentum.
double azimuth(const FourVector& p);
// Along the beam it would be infinite: there, and within an angle of kLeastAngle of it, it is that
// at kLeastAngle, about 28. 0 for a particle at rest.
double pseudorapidity(const FourVector& p);
// Likewise; of a space-like momentum, that of the massless particle with its transverse and
// longitudinal momentum.
double rapidity(const FourVector& p);
// E^2 - p^2 is taken as (E - |p|)(E + |p|): one cancellation instead of two. The negative root of
// the modulus where that is negative, as detectors and generators make it.
double invariant_mass(const FourVector& p);

inline constexpr double kLeastAngle = 1e-12;

// to - from, in [0, 2 pi): back-to-back pairs are not split.
double turn(double from, double to);
// The same in (-pi, pi].
double azimuth_between(double from, double to);

// The direction of the first of two particles in the Collins-Soper frame of their sum (Phys. Rev. D
// 16, 2219, 1977): cos(theta*) from the bisector of the beams, phi* in (-pi, pi] from the pair's
// transverse momentum. Zeros for a pair without mass.
struct FrameAngles {
  double cos_theta = 0;
  double phi = 0;
};
FrameAngles collins_soper(const FourVector& first, const FourVector& second);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_OBSERVABLES_KINEMATICS_FOUR_VECTOR_H_
