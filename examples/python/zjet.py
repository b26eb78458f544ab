"""Coordinates for pp -> Z(mu+ mu-) + jet, and the observables one looks at.

An event is three four-vectors (E, px, py, pz) in GeV, in the order mu+, mu-, jet, with the beams
along z. The muons are on their mass shell, so an event has ten degrees of freedom: nine that a flow
learns and the azimuth about the beam, which is uniform. A mirror in the plane of the beam and the Z
leaves rates unchanged, so that the side of that plane on which the mu+ goes is a fair coin. The nine
features, chosen so that every cut on the muons and the jet is one side of a box:

    0  z_mass    GeV  invariant mass of the two muons
    1  z_pt      GeV  transverse momentum of the Z
    2  polar          cos(theta*) of the mu+ in the Collins-Soper frame, over the largest that leaves
                      both muons pT > 20 GeV at this mass and transverse momentum; (-1, 1)
    3  azimuthal      phi* of the mu+ there, turned to (0, pi) by the mirror, within the arc about
                      pi/2 that leaves both muons pT > 20 GeV; (-1, 1)
    4  boost          rapidity of the Z within the range that leaves both muons |eta| < 2.7; (-1, 1)
    5  jet_pt    GeV  transverse momentum of the jet
    6  jet_eta        pseudorapidity of the jet, the holes about the muons closed (see close_holes)
    7  jet_mass  GeV  mass of the jet
    8  opening        how far the jet is from back to back with the Z in azimuth, the holes closed, by
                      an arctangent that spreads the peak; (-1, 1)

`kinematics.f90` holds the same formulas; a test compares the two on Pythia's events. The README beside
it says more of why.
"""

import numpy as np

MUON_MASS = 0.1056583745  # GeV
FEATURES = (
    "z_mass", "z_pt", "polar", "azimuthal", "boost", "jet_pt", "jet_eta", "jet_mass", "opening",
)  # fmt: skip

# How the flow sees each: one chain of steps a feature (see `castalia describe coupling_flow`).
PREPROCESSING = (
    "breit_wigner(91.1876, 2.4952, 0.25, 150); standardise",
    "log; standardise",
    "logit(-1, 1); standardise",
    "logit(-1, 1); standardise",
    "logit(-1, 1); standardise",
    "log(-20); standardise",
    "logit(-4.5, 4.5); standardise",
    "log; standardise",
    "logit(-1, 1); standardise",
)

# The selection that defines the sample (examples/data/README.md). A flow is smooth and leaks a
# little over these edges; an event beyond them is drawn again.
MUON_PT_MIN = 20.0  # GeV
MUON_ETA_MAX = 2.7
JET_PT_MIN = 20.0  # GeV
JET_ETA_MAX = 4.5
MUON_JET_DR_MIN = 0.4
MASS_MAX = 150.0  # GeV
BEAM_ENERGY = 6500.0  # GeV

# No jet is lighter than a pion, but for a few of one photon, whose rounded mass has either sign.
JET_MASS_MIN = 0.13957  # GeV
OPENING_WIDTH = 0.4  # rad
# Closing a hole moves jets up to this far from a muon; where it would be less than the lower number,
# because the muons are close to each other and the jet is far from both, holes are left alone.
REACH, REACH_MIN = 1.2, 0.6
# Rounding may put an event of the sample on the very edge of the box; it is moved in by this much.
EDGE = 1e-6
TINY = 1e-12


def wrap(angle):
    """Angle in (-pi, pi]."""
    return np.pi - np.mod(np.pi - angle, 2 * np.pi)


def pt(p):
    return np.hypot(p[..., 1], p[..., 2])


def phi(p):
    return np.arctan2(p[..., 2], p[..., 1])


def pseudorapidity(p):
    return np.arcsinh(p[..., 3] / pt(p))


def mass(p):
    """Invariant mass; zero where rounding made its square negative.

    E^2 - p^2 is taken as (E - |p|)(E + |p|): one cancellation instead of two.
    """
    momentum = np.sqrt((p[..., 1:] ** 2).sum(-1))
    return np.sqrt(np.maximum((p[..., 0] - momentum) * (p[..., 0] + momentum), 0.0))


def rapidity(p):
    """asinh(pz / mT), which stays exact for fast, light particles."""
    return np.arcsinh(p[..., 3] / np.hypot(pt(p), mass(p)))


def collins_soper(plus, minus):
    """cos(theta) and phi of the first particle in the Collins-Soper frame of the pair."""
    z = plus + minus
    m, qt, y = mass(z), pt(z), rapidity(z)
    mt = np.hypot(m, qt)
    # Without transverse momentum the azimuth of the pair is free: take the x axis.
    still = qt == 0.0
    cx = np.where(still, 1.0, z[..., 1] / np.where(still, 1.0, qt))
    cy = np.where(still, 0.0, z[..., 2] / np.where(still, 1.0, qt))
    # First along the beam until the pair has no pz, then along its transverse momentum.
    energy = plus[..., 0] * np.cosh(y) - plus[..., 3] * np.sinh(y)
    kz = plus[..., 3] * np.cosh(y) - plus[..., 0] * np.sinh(y)
    along = plus[..., 1] * cx + plus[..., 2] * cy
    ky = plus[..., 2] * cx - plus[..., 1] * cy
    kx = (mt * along - qt * energy) / m
    return kz / np.sqrt(kx * kx + ky * ky + kz * kz), np.arctan2(ky, kx)


def polar_limit(m, qt, kappa):
    """The largest |cos(theta*)| that some phi* allows.

    With x = cos(phi*), s = sin(theta*) and kappa = 2 k / m, where k is the momentum in the rest frame,

        4 pT(mu+-)^2 = (mT +- kappa qT s x)^2 - m^2 (1 - kappa^2 s^2).

    Both muons are hardest together at x = 0.
    """
    missing = np.maximum((2 * MUON_PT_MIN) ** 2 - qt * qt, 0.0)
    return np.sqrt(np.maximum(1.0 - missing / (kappa * m) ** 2, TINY))


def azimuthal_limit(m, qt, kappa, sin_theta):
    """Half the arc of phi* about pi/2 on which both muons are hard enough."""
    mt = np.hypot(m, qt)
    ks = kappa * sin_theta
    room = mt - np.sqrt((2 * MUON_PT_MIN) ** 2 + m * m * (1.0 - ks) * (1.0 + ks))
    return np.arcsin(np.clip(room / np.maximum(ks * qt, TINY), TINY, 1.0))


def boost_range(m, qt, kappa, cos_theta, sin_theta, cos_phi):
    """Middle and half-width of the rapidities of the Z that leave both muons central enough.

    The muons' own rapidities stand for their pseudorapidities: at 20 GeV they differ by 1e-5.
    """
    mt = np.hypot(m, qt)
    swing = kappa * qt * sin_theta * cos_phi
    plus = np.arctanh(kappa * m * cos_theta / (mt + swing))
    minus = np.arctanh(kappa * m * cos_theta / (mt - swing))
    half = MUON_ETA_MAX - 0.5 * np.abs(plus + minus)
    return 0.5 * (minus - plus), np.maximum(half, TINY)


def muon_momentum(m):
    """Momentum of the muons in the rest frame of a pair of mass m."""
    return np.sqrt((0.5 * m - MUON_MASS) * (0.5 * m + MUON_MASS))


def reach_of_holes(muons):
    """How far from a muon closing its hole moves jets: never into the reach of the other muon."""
    (eta_plus, phi_plus), (eta_minus, phi_minus) = muons
    apart = np.hypot(eta_plus - eta_minus, wrap(phi_plus - phi_minus))
    reach = np.minimum(REACH, 0.5 * apart)
    return np.where(reach < REACH_MIN, 0.0, reach)


def close_holes(eta, phi, muons):
    """Moves jets towards the muons so that no hole is left where none may be within 0.4 of a muon.

    A jet at distance r from a muon comes to r' with r'^2 = (r^2 - 0.4^2) R^2 / (R^2 - 0.4^2) in the same
    direction, where r < R, the reach. Areas shrink by one factor everywhere, 0.89 for the usual reach: in
    the new plane the density of jets has no hole, only a faint step at R.
    """
    hole2, reach2 = MUON_JET_DR_MIN**2, reach_of_holes(muons) ** 2
    grow = reach2 / np.where(reach2 > 0, reach2 - hole2, 1.0)
    return moved(eta, phi, muons, reach2, lambda r2: np.maximum(r2 - hole2, EDGE) * grow)


def open_holes(eta, phi, muons):
    """Undoes close_holes."""
    hole2, reach2 = MUON_JET_DR_MIN**2, reach_of_holes(muons) ** 2
    shrink = np.where(reach2 > 0, reach2 - hole2, 1.0) / np.where(reach2 > 0, reach2, 1.0)
    return moved(eta, phi, muons, reach2, lambda r2: r2 * shrink + hole2)


def moved(eta, phi, muons, reach2, new_r2):
    for muon_eta, muon_phi in muons:
        d_eta, d_phi = eta - muon_eta, wrap(phi - muon_phi)
        r2 = np.maximum(d_eta**2 + d_phi**2, TINY)
        stretch = np.where(r2 < reach2, np.sqrt(new_r2(r2) / r2), 1.0)
        eta = np.where(r2 < reach2, muon_eta + stretch * d_eta, eta)
        phi = np.where(r2 < reach2, muon_phi + stretch * d_phi, phi)
    return eta, phi


def directions(*particles):
    return [(pseudorapidity(p), phi(p)) for p in particles]


def inside(x):
    return np.clip(x, -1.0 + EDGE, 1.0 - EDGE)


def features_from_events(events):
    """Events (N, 3, 4) to features (N, 9), azimuth of the Z (N), and side of the mu+ (N), +1 or -1.

    The muons are first put on shell by their momenta: Pythia's carry the mass of their photons.
    """
    events = np.asarray(events, dtype=np.float64)
    plus = on_shell(*np.moveaxis(events[:, 0, 1:], -1, 0), MUON_MASS)
    minus = on_shell(*np.moveaxis(events[:, 1, 1:], -1, 0), MUON_MASS)
    jet = events[:, 2]
    z = plus + minus
    m, qt = mass(z), pt(z)
    cos_theta, phi_star = collins_soper(plus, minus)
    side = np.where(phi_star < 0.0, -1.0, 1.0)
    sin_theta = np.sqrt((1.0 - cos_theta) * (1.0 + cos_theta))
    kappa = 2.0 * muon_momentum(m) / m
    middle, half = boost_range(m, qt, kappa, cos_theta, sin_theta, np.cos(phi_star))
    jet_eta, jet_phi = close_holes(pseudorapidity(jet), phi(jet), directions(plus, minus))
    away = side * wrap(jet_phi - phi(z) - np.pi)
    columns = (
        m,
        qt,
        inside(cos_theta / polar_limit(m, qt, kappa)),
        inside((np.abs(phi_star) - 0.5 * np.pi) / azimuthal_limit(m, qt, kappa, sin_theta)),
        inside((rapidity(z) - middle) / half),
        pt(jet),
        jet_eta,
        np.maximum(mass(jet), JET_MASS_MIN),
        inside(np.arctan(away / OPENING_WIDTH) / np.arctan(np.pi / OPENING_WIDTH)),
    )
    return np.stack(columns, axis=1), phi(z), side


def events_from_features(features, azimuth, side):
    """Features (N, 9), azimuth of the Z and side of the mu+ (N) to events (N, 3, 4), on shell."""
    m, qt, polar, azimuthal, boost, jet_pt, jet_eta, jet_mass, opening = np.asarray(
        features, dtype=np.float64
    ).T
    azimuth = np.asarray(azimuth, dtype=np.float64)
    k = muon_momentum(m)
    kappa = 2.0 * k / m
    cos_theta = polar * polar_limit(m, qt, kappa)
    sin_theta = np.sqrt((1.0 - cos_theta) * (1.0 + cos_theta))
    phi_star = side * (0.5 * np.pi + azimuthal * azimuthal_limit(m, qt, kappa, sin_theta))
    middle, half = boost_range(m, qt, kappa, cos_theta, sin_theta, np.cos(phi_star))
    y = middle + boost * half

    mt = np.hypot(m, qt)
    kx, ky, kz = (
        k * sin_theta * np.cos(phi_star),
        k * sin_theta * np.sin(phi_star),
        k * cos_theta,
    )
    cos_azimuth, sin_azimuth = np.cos(azimuth), np.sin(azimuth)
    events = np.empty((len(m), 3, 4))
    for muon, sign in ((0, 1.0), (1, -1.0)):
        # Back along the transverse momentum, turned to its azimuth, then along the beam. The
        # energy comes last, from the mass shell.
        along = 0.5 * qt + sign * kx * mt / m
        across = sign * ky
        energy = 0.5 * mt + sign * kx * qt / m
        px = along * cos_azimuth - across * sin_azimuth
        py = along * sin_azimuth + across * cos_azimuth
        pz = sign * kz * np.cosh(y) + energy * np.sinh(y)
        events[:, muon] = on_shell(px, py, pz, MUON_MASS)
    away = side * OPENING_WIDTH * np.tan(opening * np.arctan(np.pi / OPENING_WIDTH))
    jet_eta, jet_phi = open_holes(
        jet_eta, azimuth + np.pi + away, directions(events[:, 0], events[:, 1])
    )
    events[:, 2] = on_shell(
        jet_pt * np.cos(jet_phi), jet_pt * np.sin(jet_phi), jet_pt * np.sinh(jet_eta), jet_mass
    )
    return events


def on_shell(px, py, pz, m):
    return np.stack((np.sqrt(px * px + py * py + pz * pz + m * m), px, py, pz), axis=-1)


def physical(features):
    """Which features describe an event at all: what events_from_features asks for."""
    m, qt, polar, azimuthal, boost, jet_pt, jet_eta, jet_mass, opening = np.asarray(features).T
    keep = (m > 2 * MUON_MASS) & (m < MASS_MAX) & (qt > 0) & (qt < BEAM_ENERGY)
    keep &= (jet_pt > 0) & (jet_pt < BEAM_ENERGY) & (np.abs(jet_eta) < JET_ETA_MAX)
    keep &= (jet_mass >= 0) & (jet_mass < BEAM_ENERGY)
    for angle in (polar, azimuthal, boost, opening):
        keep &= np.abs(angle) < 1
    return keep


def accepted(events):
    """Which events lie inside the selection that defines the sample, and the beams could make."""
    plus, minus, jet = events[:, 0], events[:, 1], events[:, 2]
    total = events.sum(axis=1)
    keep = total[:, 0] + np.abs(total[:, 3]) < 2 * BEAM_ENERGY
    keep &= (pt(jet) > JET_PT_MIN) & (np.abs(pseudorapidity(jet)) < JET_ETA_MAX)
    keep &= mass(plus + minus) < MASS_MAX
    for muon in (plus, minus):
        keep &= (pt(muon) > MUON_PT_MIN) & (np.abs(pseudorapidity(muon)) < MUON_ETA_MAX)
        distance = np.hypot(pseudorapidity(muon) - pseudorapidity(jet), wrap(phi(muon) - phi(jet)))
        keep &= distance > MUON_JET_DR_MIN
    return keep


def with_turned(features):
    """The features, and those of the same events after half a turn about an axis across the beam.

    The turn swaps the two protons, which are alike. With the mirror it is z -> -z.
    """
    turned = features.copy()
    turned[:, [2, 4, 6]] *= -1.0
    return np.concatenate((features, turned))


# Name, axis label, unit and whether the axis is logarithmic, in the order of `observables`.
OBSERVABLES = (
    ("z_mass", r"$m_{\mu\mu}$", "GeV", False),
    ("z_pt", r"$p_\mathrm{T}^{Z}$", "GeV", True),
    ("z_rapidity", r"$y_{Z}$", "", False),
    ("cos_theta", r"$\cos\theta^{*}_{\mu^+}$", "", False),
    ("phi_star", r"$\phi^{*}_{\mu^+}$", "rad", False),
    ("jet_pt", r"$p_\mathrm{T}^{\,\mathrm{jet}}$", "GeV", True),
    ("jet_rapidity", r"$y_{\mathrm{jet}}$", "", False),
    ("jet_mass", r"$m_{\mathrm{jet}}$", "GeV", True),
    ("delta_phi", r"$\Delta\phi(Z,\mathrm{jet})$", "rad", False),
    ("mu_plus_pt", r"$p_\mathrm{T}^{\mu^+}$", "GeV", True),
    ("mu_minus_pt", r"$p_\mathrm{T}^{\mu^-}$", "GeV", True),
    ("mu_plus_eta", r"$\eta_{\mu^+}$", "", False),
    ("mu_minus_eta", r"$\eta_{\mu^-}$", "", False),
)


def observables(events):
    """Events (N, 3, 4) to the thirteen observables (N, 13), columns as in OBSERVABLES."""
    events = np.asarray(events, dtype=np.float64)
    plus, minus, jet = events[:, 0], events[:, 1], events[:, 2]
    z = plus + minus
    cos_theta, phi_star = collins_soper(plus, minus)
    columns = (
        mass(z), pt(z), rapidity(z), cos_theta, phi_star,
        pt(jet), rapidity(jet), mass(jet), np.mod(phi(jet) - phi(z), 2 * np.pi),
        pt(plus), pt(minus), pseudorapidity(plus), pseudorapidity(minus),
    )  # fmt: skip
    return np.stack(columns, axis=1)


def chi2_per_bin(reference, sample, bins=50):
    """chi2 / ndf of two samples of one observable.

    The bins hold equal numbers of `reference`. In each, the difference of the two normalised
    histograms is divided by its Poisson error; normalising costs one degree of freedom.
    """
    edges = np.quantile(reference, np.linspace(0, 1, bins + 1))
    edges[0], edges[-1] = -np.inf, np.inf
    a = np.histogram(reference, edges)[0]
    b = np.histogram(sample, edges)[0]
    n, m = a.sum(), b.sum()
    variance = a / n**2 + b / m**2
    return float((((a / n - b / m) ** 2) / np.where(variance > 0, variance, 1)).sum() / (bins - 1))
