"""Coordinates for pp -> Z(mu+ mu-) + jet, and the observables one looks at.

An event is three four-vectors (E, px, py, pz) in GeV, in the order mu+, mu-, jet, with the beams
along z. Up to a rotation about the beam it has nine degrees of freedom, because the muons are on
their mass shell. The nine features used here are

    0  z_mass       GeV   invariant mass of the two muons
    1  z_pt         GeV   transverse momentum of the Z
    2  z_rapidity         rapidity of the Z
    3  cos_theta          polar angle of the mu+ in the Collins-Soper frame (arXiv:hep-ph/9807267
                          uses the same axes), the positive axis along the beam of positive pz
    4  phi_star     rad   its azimuth there, 0 along the transverse momentum of the Z, (-pi, pi]
    5  jet_pt       GeV   transverse momentum of the jet
    6  jet_eta            pseudorapidity of the jet
    7  jet_mass     GeV   mass of the jet
    8  delta_phi    rad   azimuth of the jet less that of the Z, [0, 2 pi)

and the tenth number, the azimuth of the Z, is uniform. `kinematics.f90` holds the same formulas;
a test compares the two on Pythia's events.
"""

import numpy as np

MUON_MASS = 0.1056583745  # GeV
FEATURES = (
    "z_mass", "z_pt", "z_rapidity", "cos_theta", "phi_star",
    "jet_pt", "jet_eta", "jet_mass", "delta_phi",
)  # fmt: skip

# The selection that defines the sample (examples/data/README.md). A flow is smooth and leaks a
# little over these edges; an event beyond them is drawn again.
MUON_PT_MIN = 20.0  # GeV
MUON_ETA_MAX = 2.7
JET_PT_MIN = 20.0  # GeV
JET_ETA_MAX = 4.5
MUON_JET_DR_MIN = 0.4
MASS_MAX = 150.0  # GeV
JET_MASS_MIN = 1e-3  # GeV; a jet of one photon has a rounded mass near zero, of either sign


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


def features_from_events(events):
    """Events (N, 3, 4) to features (N, 9) and the azimuth of the Z (N)."""
    events = np.asarray(events, dtype=np.float64)
    plus, minus, jet = events[:, 0], events[:, 1], events[:, 2]
    z = plus + minus
    cos_theta, phi_star = collins_soper(plus, minus)
    columns = (
        mass(z), pt(z), rapidity(z), cos_theta, phi_star,
        pt(jet), pseudorapidity(jet), np.maximum(mass(jet), JET_MASS_MIN),
        np.mod(phi(jet) - phi(z), 2 * np.pi),
    )  # fmt: skip
    return np.stack(columns, axis=1), phi(z)


def events_from_features(features, azimuth):
    """Features (N, 9) and the azimuth of the Z (N) to events (N, 3, 4), each exactly on shell."""
    m, qt, y, cos_theta, phi_star, jet_pt, jet_eta, jet_mass, delta_phi = np.asarray(
        features, dtype=np.float64
    ).T
    azimuth = np.asarray(azimuth, dtype=np.float64)
    half = 0.5 * m
    k = np.sqrt((half - MUON_MASS) * (half + MUON_MASS))
    sin_theta = np.sqrt((1.0 - cos_theta) * (1.0 + cos_theta))
    kx, ky, kz = (
        k * sin_theta * np.cos(phi_star),
        k * sin_theta * np.sin(phi_star),
        k * cos_theta,
    )
    mt = np.hypot(m, qt)
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
    jet_phi = azimuth + delta_phi
    events[:, 2] = on_shell(
        jet_pt * np.cos(jet_phi), jet_pt * np.sin(jet_phi), jet_pt * np.sinh(jet_eta), jet_mass
    )
    return events


def on_shell(px, py, pz, m):
    return np.stack((np.sqrt(px * px + py * py + pz * pz + m * m), px, py, pz), axis=-1)


def accepted(events):
    """Which events lie inside the selection that defines the sample."""
    plus, minus, jet = events[:, 0], events[:, 1], events[:, 2]
    keep = (pt(jet) > JET_PT_MIN) & (np.abs(pseudorapidity(jet)) < JET_ETA_MAX)
    keep &= mass(plus + minus) < MASS_MAX
    for muon in (plus, minus):
        keep &= (pt(muon) > MUON_PT_MIN) & (np.abs(pseudorapidity(muon)) < MUON_ETA_MAX)
        distance = np.hypot(
            pseudorapidity(muon) - pseudorapidity(jet), wrap(phi(muon) - phi(jet))
        )
        keep &= distance > MUON_JET_DR_MIN
    return keep


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
