#include "cpp/referee/observables/kinematics/four_vector.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace castalia::referee {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;

// asinh(pz / transverse), with the transverse part kept above what an angle of kLeastAngle gives.
double along_beam(double pz, double transverse) {
  if (pz == 0) return 0;
  return std::asinh(pz / std::max(transverse, kLeastAngle * std::abs(pz)));
}

double momentum(const FourVector& p) { return std::hypot(p.px, p.py, p.pz); }

}  // namespace

double transverse_momentum(const FourVector& p) { return std::hypot(p.px, p.py); }

double azimuth(const FourVector& p) { return p.px == 0 && p.py == 0 ? 0 : std::atan2(p.py, p.px); }

double pseudorapidity(const FourVector& p) { return along_beam(p.pz, transverse_momentum(p)); }

double invariant_mass(const FourVector& p) {
  const double k = momentum(p);
  const double squared = (p.energy - k) * (p.energy + k);
  return std::copysign(std::sqrt(std::abs(squared)), squared);
}

double rapidity(const FourVector& p) {
  return along_beam(p.pz, std::hypot(transverse_momentum(p), std::max(invariant_mass(p), 0.0)));
}

double turn(double from, double to) {
  const double angle = std::fmod(to - from, kTurn);
  if (angle >= 0) return angle;
  // A tiny negative angle rounds to a whole turn, which is none.
  return angle + kTurn < kTurn ? angle + kTurn : 0;
}

double azimuth_between(double from, double to) {
  const double angle = turn(from, to);
  return angle > std::numbers::pi ? angle - kTurn : angle;
}

FrameAngles collins_soper(const FourVector& first, const FourVector& second) {
  const FourVector pair = first + second;
  const double mass = invariant_mass(pair);
  if (!(mass > 0)) return {};
  const double qt = transverse_momentum(pair), y = rapidity(pair);
  const double transverse_mass = std::hypot(mass, qt);
  // Without transverse momentum the azimuth of the pair is free: take the x axis.
  const double cx = qt > 0 ? pair.px / qt : 1, cy = qt > 0 ? pair.py / qt : 0;
  // First along the beam until the pair has no pz, then along its transverse momentum.
  const double energy = first.energy * std::cosh(y) - first.pz * std::sinh(y);
  const double kz = first.pz * std::cosh(y) - first.energy * std::sinh(y);
  const double along = first.px * cx + first.py * cy;
  const double ky = first.py * cx - first.px * cy;
  const double kx = (transverse_mass * along - qt * energy) / mass;
  const double k = std::hypot(kx, ky, kz);
  if (!(k > 0)) return {};
  return {kz / k, kx == 0 && ky == 0 ? 0 : std::atan2(ky, kx)};
}

}  // namespace castalia::referee
