# Features of a Z + jet event to four-vectors: the formulas of kinematics.f90 in
# examples/fortran/event_generator, which says what each is. Events are 4 x 3: (E, px, py, pz) in GeV of the
# mu+, the mu- and the jet.
module Kinematics

export eventof, isphysical, isaccepted

const MUON_MASS = 0.1056583745  # GeV

# The selection that defines the sample.
const MUON_PT_MIN = 20.0  # GeV
const MUON_ETA_MAX = 2.7
const JET_PT_MIN = 20.0  # GeV
const JET_ETA_MAX = 4.5
const MUON_JET_DISTANCE_MIN = 0.4
const MASS_MAX = 150.0  # GeV
const BEAM_ENERGY = 6500.0  # GeV

const OPENING_WIDTH = 0.4  # rad
const REACH = 1.2  # how far from a muon its hole moves jets
const REACH_MIN = 0.6
const TINY = 1e-12

pt(p) = hypot(p[2], p[3])
phi(p) = atan(p[3], p[2])
pseudorapidity(p) = asinh(p[4] / pt(p))
wrapped(angle) = rem(angle, 2π, RoundNearest)

function mass(p)
    momentum = sqrt(p[2]^2 + p[3]^2 + p[4]^2)
    return sqrt(max((p[1] - momentum) * (p[1] + momentum), 0.0))
end

onshell(px, py, pz, m) = [sqrt(px^2 + py^2 + pz^2 + m^2), px, py, pz]

function isphysical(f)
    m, qt, polar, azimuthal, boost, jetpt, jeteta, jetmass, opening = f
    return all(a -> abs(a) < 1, (polar, azimuthal, boost, opening)) && 2MUON_MASS < m < MASS_MAX &&
           0 < qt < BEAM_ENERGY && 0 < jetpt < BEAM_ENERGY && abs(jeteta) < JET_ETA_MAX &&
           0 <= jetmass < BEAM_ENERGY
end

# Undoes the closing of the holes about the muons, within which no jet may be.
function openholes(eta, azimuth, plus, minus)
    apart = hypot(pseudorapidity(plus) - pseudorapidity(minus), wrapped(phi(plus) - phi(minus)))
    reach = min(REACH, apart / 2)
    reach < REACH_MIN && return eta, azimuth
    for muon in (plus, minus)
        deta, dphi = eta - pseudorapidity(muon), wrapped(azimuth - phi(muon))
        r2 = max(deta^2 + dphi^2, TINY)
        r2 < reach^2 || continue
        hole2 = MUON_JET_DISTANCE_MIN^2
        stretch = sqrt((r2 * (reach^2 - hole2) / reach^2 + hole2) / r2)
        eta, azimuth = pseudorapidity(muon) + stretch * deta, phi(muon) + stretch * dphi
    end
    return eta, azimuth
end

"The event of nine features, an azimuth of the Z, and the side (+1 or -1) on which the mu+ goes."
function eventof(f, azimuth, side)
    m, qt, polar, azimuthal, boost, jetpt, jeteta, jetmass, opening = f
    mt = hypot(m, qt)
    k = sqrt((m / 2 - MUON_MASS) * (m / 2 + MUON_MASS))
    kappa = 2k / m
    softest = (2MUON_PT_MIN)^2

    # The largest |cos(theta*)|, the arc of phi* and the range of rapidity that the cuts allow.
    costheta = polar * sqrt(max(1 - max(softest - qt^2, 0.0) / (kappa * m)^2, TINY))
    sintheta = sqrt((1 - costheta) * (1 + costheta))
    ks = kappa * sintheta
    room = mt - sqrt(softest + m^2 * (1 - ks) * (1 + ks))
    phistar = side * (π / 2 + azimuthal * asin(clamp(room / max(ks * qt, TINY), TINY, 1.0)))
    swing = ks * qt * cos(phistar)
    up, down = (atanh(kappa * m * costheta / (mt + s)) for s in (swing, -swing))
    y = (down - up) / 2 + boost * max(MUON_ETA_MAX - abs(up + down) / 2, TINY)

    # From the rest frame back along the transverse momentum, turned to its azimuth, then along the beam.
    kx, ky, kz = k .* (sintheta * cos(phistar), sintheta * sin(phistar), costheta)
    plus, minus = map((1, -1)) do sign
        along, across = qt / 2 + sign * kx * mt / m, sign * ky
        energy = mt / 2 + sign * kx * qt / m
        onshell(along * cos(azimuth) - across * sin(azimuth), along * sin(azimuth) + across * cos(azimuth),
                sign * kz * cosh(y) + energy * sinh(y), MUON_MASS)
    end
    away = side * OPENING_WIDTH * tan(opening * atan(π / OPENING_WIDTH))
    eta, jetphi = openholes(jeteta, azimuth + π + away, plus, minus)
    jet = onshell(jetpt * cos(jetphi), jetpt * sin(jetphi), jetpt * sinh(eta), jetmass)
    return [plus minus jet]
end

"Whether an event lies inside the selection that defines the sample, and the beams could make it."
function isaccepted(event)
    plus, minus, jet = eachcol(event)
    total = plus + minus + jet
    hard(muon) = pt(muon) > MUON_PT_MIN && abs(pseudorapidity(muon)) < MUON_ETA_MAX
    apart(muon) = hypot(pseudorapidity(muon) - pseudorapidity(jet), wrapped(phi(muon) - phi(jet)))
    return total[1] + abs(total[4]) < 2BEAM_ENERGY && pt(jet) > JET_PT_MIN &&
           abs(pseudorapidity(jet)) < JET_ETA_MAX && mass(plus + minus) < MASS_MAX &&
           all(hard(muon) && apart(muon) > MUON_JET_DISTANCE_MIN for muon in (plus, minus))
end

end
