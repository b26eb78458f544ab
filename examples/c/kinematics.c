#include "kinematics.h"

#include <math.h>
#include <string.h>

static const double kPi = 3.14159265358979323846;
static const double kMuonMass = 0.1056583745; /* GeV */

/* The selection that defines the sample. */
static const double kMuonPtMin = 20.0; /* GeV */
static const double kMuonEtaMax = 2.7;
static const double kJetPtMin = 20.0; /* GeV */
static const double kJetEtaMax = 4.5;
static const double kMuonJetDistanceMin = 0.4;
static const double kMassMax = 150.0;     /* GeV */
static const double kBeamEnergy = 6500.0; /* GeV */

static const double kOpeningWidth = 0.4; /* rad */
static const double kReach = 1.2;        /* how far from a muon its hole moves jets */
static const double kReachMin = 0.6;
static const double kTiny = 1e-12;

enum { E, X, Y, Z };
enum { kZMass, kZPt, kPolar, kAzimuthal, kBoost, kJetPt, kJetEta, kJetMass, kOpening };

static double pt_of(const double p[4]) { return hypot(p[X], p[Y]); }
static double phi_of(const double p[4]) { return atan2(p[Y], p[X]); }
static double pseudorapidity_of(const double p[4]) { return asinh(p[Z] / pt_of(p)); }

static double mass_of(const double p[4]) {
  const double momentum = sqrt(p[X] * p[X] + p[Y] * p[Y] + p[Z] * p[Z]);
  return sqrt(fmax((p[E] - momentum) * (p[E] + momentum), 0.0));
}

/* Angle in [-pi, pi]. */
static double wrapped(double angle) { return remainder(angle, 2.0 * kPi); }

static void on_shell(double px, double py, double pz, double m, double p[4]) {
  p[E] = sqrt(px * px + py * py + pz * pz + m * m);
  p[X] = px;
  p[Y] = py;
  p[Z] = pz;
}

bool is_physical(const double f[kFeatures]) {
  bool inside = true;
  const int angles[4] = {kPolar, kAzimuthal, kBoost, kOpening};
  for (int i = 0; i < 4; ++i) inside = inside && fabs(f[angles[i]]) < 1.0;
  return inside && f[kZMass] > 2.0 * kMuonMass && f[kZMass] < kMassMax && f[kZPt] > 0.0 &&
         f[kZPt] < kBeamEnergy && f[kJetPt] > 0.0 && f[kJetPt] < kBeamEnergy &&
         fabs(f[kJetEta]) < kJetEtaMax && f[kJetMass] >= 0.0 && f[kJetMass] < kBeamEnergy;
}

/* Undoes the closing of the holes about the muons, within which no jet may be. */
static void open_holes(double p[3][4], double* eta, double* phi) {
  const double apart = hypot(pseudorapidity_of(p[0]) - pseudorapidity_of(p[1]),
                             wrapped(phi_of(p[0]) - phi_of(p[1])));
  const double reach = fmin(kReach, 0.5 * apart);
  if (reach < kReachMin) return;
  const double reach2 = reach * reach;
  const double hole2 = kMuonJetDistanceMin * kMuonJetDistanceMin;
  for (int muon = 0; muon < 2; ++muon) {
    const double d_eta = *eta - pseudorapidity_of(p[muon]);
    const double d_phi = wrapped(*phi - phi_of(p[muon]));
    const double r2 = fmax(d_eta * d_eta + d_phi * d_phi, kTiny);
    if (r2 >= reach2) continue;
    const double stretch = sqrt((r2 * (reach2 - hole2) / reach2 + hole2) / r2);
    *eta = pseudorapidity_of(p[muon]) + stretch * d_eta;
    *phi = phi_of(p[muon]) + stretch * d_phi;
  }
}

void event_from_features(const double f[kFeatures], double azimuth, double side, double p[3][4]) {
  const double m = f[kZMass], qt = f[kZPt], mt = hypot(m, qt);
  const double k = sqrt((0.5 * m - kMuonMass) * (0.5 * m + kMuonMass));
  const double kappa = 2.0 * k / m;
  const double softest = 4.0 * kMuonPtMin * kMuonPtMin;

  /* The largest |cos(theta*)|, the arc of phi* and the range of rapidity that the cuts allow. */
  const double missing = fmax(softest - qt * qt, 0.0);
  const double cos_theta = f[kPolar] * sqrt(fmax(1.0 - missing / (kappa * kappa * m * m), kTiny));
  const double sin_theta = sqrt((1.0 - cos_theta) * (1.0 + cos_theta));
  const double ks = kappa * sin_theta;
  const double room = mt - sqrt(softest + m * m * (1.0 - ks) * (1.0 + ks));
  const double arc = asin(fmin(fmax(room / fmax(ks * qt, kTiny), kTiny), 1.0));
  const double phi_star = side * (0.5 * kPi + f[kAzimuthal] * arc);
  const double swing = ks * qt * cos(phi_star);
  const double plus = atanh(kappa * m * cos_theta / (mt + swing));
  const double minus = atanh(kappa * m * cos_theta / (mt - swing));
  const double half = fmax(kMuonEtaMax - 0.5 * fabs(plus + minus), kTiny);
  const double y = 0.5 * (minus - plus) + f[kBoost] * half;

  /* From the rest frame back along the transverse momentum, turned to its azimuth, then along the
   * beam. */
  const double kx = k * sin_theta * cos(phi_star);
  const double ky = k * sin_theta * sin(phi_star);
  const double kz = k * cos_theta;
  for (int muon = 0; muon < 2; ++muon) {
    const double sign = muon == 0 ? 1.0 : -1.0;
    const double along = 0.5 * qt + sign * kx * mt / m;
    const double across = sign * ky;
    const double energy = 0.5 * mt + sign * kx * qt / m;
    on_shell(along * cos(azimuth) - across * sin(azimuth),
             along * sin(azimuth) + across * cos(azimuth), sign * kz * cosh(y) + energy * sinh(y),
             kMuonMass, p[muon]);
  }

  double jet_eta = f[kJetEta];
  double jet_phi =
      azimuth + kPi + side * kOpeningWidth * tan(f[kOpening] * atan(kPi / kOpeningWidth));
  open_holes(p, &jet_eta, &jet_phi);
  on_shell(f[kJetPt] * cos(jet_phi), f[kJetPt] * sin(jet_phi), f[kJetPt] * sinh(jet_eta),
           f[kJetMass], p[2]);
}

bool is_accepted(double p[3][4]) {
  double pair[4], energy = 0.0, pz = 0.0;
  for (int i = 0; i < 4; ++i) pair[i] = p[0][i] + p[1][i];
  for (int i = 0; i < 3; ++i) {
    energy += p[i][E];
    pz += p[i][Z];
  }
  bool keep = energy + fabs(pz) < 2.0 * kBeamEnergy && pt_of(p[2]) > kJetPtMin &&
              fabs(pseudorapidity_of(p[2])) < kJetEtaMax && mass_of(pair) < kMassMax;
  for (int muon = 0; muon < 2; ++muon) {
    const double distance = hypot(pseudorapidity_of(p[muon]) - pseudorapidity_of(p[2]),
                                  wrapped(phi_of(p[muon]) - phi_of(p[2])));
    keep = keep && pt_of(p[muon]) > kMuonPtMin && fabs(pseudorapidity_of(p[muon])) < kMuonEtaMax &&
           distance > kMuonJetDistanceMin;
  }
  return keep;
}

void fill_record(double p[3][4], double momenta[kParticles][4], double masses[kParticles]) {
  double seen[4];
  for (int i = 0; i < 4; ++i) {
    momenta[2][i] = p[0][i] + p[1][i];
    seen[i] = momenta[2][i] + p[2][i];
  }
  memcpy(momenta[3], p, 3 * sizeof p[0]);
  /* What the Z and the jet leave unbalanced: massless, at their common rapidity. */
  const double missing = hypot(seen[X], seen[Y]);
  on_shell(-seen[X], -seen[Y], missing * seen[Z] / sqrt((seen[E] - seen[Z]) * (seen[E] + seen[Z])),
           0.0, momenta[6]);
  const double energy = seen[E] + momenta[6][E], pz = seen[Z] + momenta[6][Z];
  const double up = 0.5 * (energy + pz), down = 0.5 * (energy - pz);
  memcpy(momenta[0], (double[4]){up, 0.0, 0.0, up}, sizeof momenta[0]);
  memcpy(momenta[1], (double[4]){down, 0.0, 0.0, -down}, sizeof momenta[1]);
  const double all[kParticles] = {0.0,           0.0, mass_of(momenta[2]), kMuonMass, kMuonMass,
                                  mass_of(p[2]), 0.0};
  memcpy(masses, all, sizeof all);
}
