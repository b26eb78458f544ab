!> Coordinates for pp -> Z(mu+ mu-) + jet: nine numbers in a box to four-vectors, and back.
!>
!> An event is p(4, 3): (E, px, py, pz) in GeV of the mu+, the mu- and the jet, with the beams along
!> z. The features are those of `examples/python/zjet.py`, in the same order and by the same
!> formulas; `README.md` beside this file says why these. All procedures are pure and work in double
!> precision; every four-vector that they build lies on its mass shell, because its energy is
!> computed last, from its momentum and mass.
module zjet_kinematics
  use, intrinsic :: iso_fortran_env, only: real64
  implicit none
  private

  integer, parameter, public :: n_features = 9
  integer, parameter, public :: n_observables = 13

  !> Places of the features. Those without a unit but jet_eta lie in (-1, 1).
  integer, parameter, public :: i_z_mass = 1     !< invariant mass of the muons, GeV
  integer, parameter, public :: i_z_pt = 2       !< transverse momentum of the Z, GeV
  integer, parameter, public :: i_polar = 3      !< cos(theta*) over the largest that the cuts allow
  integer, parameter, public :: i_azimuthal = 4  !< phi* within the arc that the cuts allow
  integer, parameter, public :: i_boost = 5      !< rapidity of the Z within the range that they allow
  integer, parameter, public :: i_jet_pt = 6     !< GeV
  integer, parameter, public :: i_jet_eta = 7    !< the holes about the muons closed
  integer, parameter, public :: i_jet_mass = 8   !< GeV
  integer, parameter, public :: i_opening = 9    !< how far from back to back, the holes closed

  integer, parameter, public :: mu_plus = 1, mu_minus = 2, jet = 3

  real(real64), parameter, public :: pi = acos(-1.0_real64)
  real(real64), parameter, public :: muon_mass = 0.1056583745_real64  !< GeV

  !> The selection that defines the sample.
  real(real64), parameter, public :: muon_pt_min = 20.0_real64        !< GeV
  real(real64), parameter, public :: muon_eta_max = 2.7_real64
  real(real64), parameter, public :: jet_pt_min = 20.0_real64         !< GeV
  real(real64), parameter, public :: jet_eta_max = 4.5_real64
  real(real64), parameter, public :: muon_jet_dr_min = 0.4_real64
  real(real64), parameter, public :: z_mass_max = 150.0_real64        !< GeV

  real(real64), parameter, public :: beam_energy = 6500.0_real64      !< GeV

  !> No jet is lighter than a pion, but for a few of one photon, whose rounded mass has either sign.
  real(real64), parameter :: jet_mass_min = 0.13957_real64            !< GeV
  real(real64), parameter :: opening_width = 0.4_real64               !< rad
  !> Closing a hole moves jets up to this far from a muon; where it would be less than the lower
  !> number, because the muons are close to each other and the jet is far from both, holes are left
  !> alone.
  real(real64), parameter :: reach = 1.2_real64, reach_min = 0.6_real64
  !> Rounding may put an event of the sample on the very edge of the box; it is moved in by this much.
  real(real64), parameter :: edge = 1.0e-6_real64
  real(real64), parameter :: tiny_number = 1.0e-12_real64

  !> What a mass, a transverse momentum and a direction in the rest frame of the Z imply.
  type :: pair
    real(real64) :: m, qt, mt
    real(real64) :: k       !< momentum of the muons in the rest frame
    real(real64) :: kappa   !< 2 k / m, the velocity of the muons there
  end type pair

  character(len=12), parameter, public :: observable_names(n_observables) = [character(len=12) :: &
    'z_mass', 'z_pt', 'z_rapidity', 'cos_theta', 'phi_star', 'jet_pt', 'jet_rapidity', 'jet_mass', &
    'delta_phi', 'mu_plus_pt', 'mu_minus_pt', 'mu_plus_eta', 'mu_minus_eta']

  public :: event_from_features, features_from_event, observables_of, is_physical, is_accepted
  public :: on_shell, mass_of, pt_of, phi_of, rapidity_of, pseudorapidity_of

contains

  !> Four-vectors from nine features, the azimuth of the Z, and the side of the plane of the beam and
  !> the Z (+1 or -1) on which the mu+ goes.
  pure subroutine event_from_features(features, azimuth, side, p)
    real(real64), intent(in) :: features(n_features)
    real(real64), intent(in) :: azimuth, side
    real(real64), intent(out) :: p(4, 3)
    type(pair) :: z
    real(real64) :: cos_theta, sin_theta, phi_star, middle, half, y, kx, ky, kz
    real(real64) :: along, across, energy, sign_of, cos_azimuth, sin_azimuth, jet_eta, jet_phi
    integer :: i

    z = pair_of(features(i_z_mass), features(i_z_pt))
    cos_theta = features(i_polar) * polar_limit(z)
    sin_theta = sqrt((1.0_real64 - cos_theta) * (1.0_real64 + cos_theta))
    phi_star = side * (0.5_real64 * pi + features(i_azimuthal) * azimuthal_limit(z, sin_theta))
    call boost_range(z, cos_theta, sin_theta, cos(phi_star), middle, half)
    y = middle + features(i_boost) * half

    ! The mu+ in the rest frame of the Z.
    kx = z%k * sin_theta * cos(phi_star)
    ky = z%k * sin_theta * sin(phi_star)
    kz = z%k * cos_theta

    ! Back along the transverse momentum, turned to its azimuth, then along the beam.
    cos_azimuth = cos(azimuth)
    sin_azimuth = sin(azimuth)
    do i = mu_plus, mu_minus
      sign_of = merge(1.0_real64, -1.0_real64, i == mu_plus)
      along = 0.5_real64 * z%qt + sign_of * kx * z%mt / z%m
      across = sign_of * ky
      energy = 0.5_real64 * z%mt + sign_of * kx * z%qt / z%m
      p(:, i) = on_shell(along * cos_azimuth - across * sin_azimuth, &
                         along * sin_azimuth + across * cos_azimuth, &
                         sign_of * kz * cosh(y) + energy * sinh(y), muon_mass)
    end do

    jet_phi = azimuth + pi + side * opening_width * tan(features(i_opening) * atan(pi / opening_width))
    jet_eta = features(i_jet_eta)
    call open_holes(jet_eta, jet_phi, p(:, [mu_plus, mu_minus]))
    p(:, jet) = on_shell(features(i_jet_pt) * cos(jet_phi), features(i_jet_pt) * sin(jet_phi), &
                         features(i_jet_pt) * sinh(jet_eta), features(i_jet_mass))
  end subroutine event_from_features

  !> Nine features, the azimuth of the Z and the side of the mu+ from four-vectors. The muons are first
  !> put on shell by their momenta: Pythia's carry the mass of their photons.
  pure subroutine features_from_event(p, features, azimuth, side)
    real(real64), intent(in) :: p(4, 3)
    real(real64), intent(out) :: features(n_features)
    real(real64), intent(out) :: azimuth, side
    type(pair) :: z
    real(real64) :: plus(4), minus(4), both(4), cos_theta, sin_theta, phi_star, middle, half, away
    real(real64) :: jet_eta, jet_phi

    plus = on_shell(p(2, mu_plus), p(3, mu_plus), p(4, mu_plus), muon_mass)
    minus = on_shell(p(2, mu_minus), p(3, mu_minus), p(4, mu_minus), muon_mass)
    both = plus + minus
    azimuth = phi_of(both)
    z = pair_of(mass_of(both), pt_of(both))
    call collins_soper(plus, minus, cos_theta, phi_star)
    side = merge(-1.0_real64, 1.0_real64, phi_star < 0.0_real64)
    sin_theta = sqrt((1.0_real64 - cos_theta) * (1.0_real64 + cos_theta))
    call boost_range(z, cos_theta, sin_theta, cos(phi_star), middle, half)
    jet_eta = pseudorapidity_of(p(:, jet))
    jet_phi = phi_of(p(:, jet))
    call close_holes(jet_eta, jet_phi, p(:, [mu_plus, mu_minus]))
    away = side * wrapped(jet_phi - azimuth - pi)

    features(i_z_mass) = z%m
    features(i_z_pt) = z%qt
    features(i_polar) = inside(cos_theta / polar_limit(z))
    features(i_azimuthal) = inside((abs(phi_star) - 0.5_real64 * pi) / azimuthal_limit(z, sin_theta))
    features(i_boost) = inside((rapidity_of(both) - middle) / half)
    features(i_jet_pt) = pt_of(p(:, jet))
    features(i_jet_eta) = jet_eta
    features(i_jet_mass) = max(mass_of(p(:, jet)), jet_mass_min)
    features(i_opening) = inside(atan(away / opening_width) / atan(pi / opening_width))
  end subroutine features_from_event

  pure type(pair) function pair_of(m, qt) result(z)
    real(real64), intent(in) :: m, qt

    z%m = m
    z%qt = qt
    z%mt = hypot(m, qt)
    z%k = sqrt((0.5_real64 * m - muon_mass) * (0.5_real64 * m + muon_mass))
    z%kappa = 2.0_real64 * z%k / m
  end function pair_of

  !> The largest |cos(theta*)| that some phi* allows. With x = cos(phi*) and s = sin(theta*),
  !>
  !>   4 pT(mu+-)**2 = (mT +- kappa qT s x)**2 - m**2 (1 - kappa**2 s**2),
  !>
  !> and both muons are hardest together at x = 0.
  pure real(real64) function polar_limit(z)
    type(pair), intent(in) :: z
    real(real64) :: missing

    missing = max((2.0_real64 * muon_pt_min)**2 - z%qt**2, 0.0_real64)
    polar_limit = sqrt(max(1.0_real64 - missing / (z%kappa * z%m)**2, tiny_number))
  end function polar_limit

  !> Half the arc of phi* about pi/2 on which both muons are hard enough.
  pure real(real64) function azimuthal_limit(z, sin_theta)
    type(pair), intent(in) :: z
    real(real64), intent(in) :: sin_theta
    real(real64) :: ks, room

    ks = z%kappa * sin_theta
    room = z%mt - sqrt((2.0_real64 * muon_pt_min)**2 + z%m**2 * (1.0_real64 - ks) * (1.0_real64 + ks))
    azimuthal_limit = asin(min(max(room / max(ks * z%qt, tiny_number), tiny_number), 1.0_real64))
  end function azimuthal_limit

  !> Middle and half-width of the rapidities of the Z that leave both muons central enough. The muons'
  !> own rapidities stand for their pseudorapidities: at 20 GeV they differ by 1e-5.
  pure subroutine boost_range(z, cos_theta, sin_theta, cos_phi, middle, half)
    type(pair), intent(in) :: z
    real(real64), intent(in) :: cos_theta, sin_theta, cos_phi
    real(real64), intent(out) :: middle, half
    real(real64) :: swing, plus, minus

    swing = z%kappa * z%qt * sin_theta * cos_phi
    plus = atanh(z%kappa * z%m * cos_theta / (z%mt + swing))
    minus = atanh(z%kappa * z%m * cos_theta / (z%mt - swing))
    middle = 0.5_real64 * (minus - plus)
    half = max(muon_eta_max - 0.5_real64 * abs(plus + minus), tiny_number)
  end subroutine boost_range

  !> Moves a jet towards the muons so that no hole is left where none may be within 0.4 of a muon.
  !>
  !> A jet at distance r from a muon comes to r' with r'**2 = (r**2 - 0.4**2) R**2 / (R**2 - 0.4**2) in
  !> the same direction, where r < R, the reach. Areas shrink by one factor everywhere, 0.89 for the
  !> usual reach: in the new plane the density of jets has no hole, only a faint step at R.
  pure subroutine close_holes(eta, phi, muons)
    real(real64), intent(inout) :: eta, phi
    real(real64), intent(in) :: muons(4, 2)
    real(real64) :: reach2
    integer :: i

    reach2 = reach_of_holes(muons)**2
    do i = 1, 2
      call move(eta, phi, muons(:, i), reach2, closing=.true.)
    end do
  end subroutine close_holes

  !> Undoes close_holes.
  pure subroutine open_holes(eta, phi, muons)
    real(real64), intent(inout) :: eta, phi
    real(real64), intent(in) :: muons(4, 2)
    real(real64) :: reach2
    integer :: i

    reach2 = reach_of_holes(muons)**2
    do i = 1, 2
      call move(eta, phi, muons(:, i), reach2, closing=.false.)
    end do
  end subroutine open_holes

  !> How far from a muon closing its hole moves jets: never into the reach of the other muon.
  pure real(real64) function reach_of_holes(muons)
    real(real64), intent(in) :: muons(4, 2)

    reach_of_holes = min(reach, 0.5_real64 * &
      hypot(pseudorapidity_of(muons(:, 1)) - pseudorapidity_of(muons(:, 2)), &
            wrapped(phi_of(muons(:, 1)) - phi_of(muons(:, 2)))))
    if (reach_of_holes < reach_min) reach_of_holes = 0.0_real64
  end function reach_of_holes

  pure subroutine move(eta, phi, muon, reach2, closing)
    real(real64), intent(inout) :: eta, phi
    real(real64), intent(in) :: muon(4), reach2
    logical, intent(in) :: closing
    real(real64), parameter :: hole2 = muon_jet_dr_min**2
    real(real64) :: d_eta, d_phi, r2, stretch

    d_eta = eta - pseudorapidity_of(muon)
    d_phi = wrapped(phi - phi_of(muon))
    r2 = max(d_eta**2 + d_phi**2, tiny_number)
    if (r2 >= reach2) return
    if (closing) then
      stretch = sqrt(max(r2 - hole2, edge) * reach2 / (reach2 - hole2) / r2)
    else
      stretch = sqrt((r2 * (reach2 - hole2) / reach2 + hole2) / r2)
    end if
    eta = pseudorapidity_of(muon) + stretch * d_eta
    phi = phi_of(muon) + stretch * d_phi
  end subroutine move

  pure real(real64) function inside(x)
    real(real64), intent(in) :: x

    inside = min(max(x, edge - 1.0_real64), 1.0_real64 - edge)
  end function inside

  !> The thirteen observables, in the order of observable_names.
  pure function observables_of(p) result(values)
    real(real64), intent(in) :: p(4, 3)
    real(real64) :: values(n_observables)
    real(real64) :: z(4)

    z = p(:, mu_plus) + p(:, mu_minus)
    values(1) = mass_of(z)
    values(2) = pt_of(z)
    values(3) = rapidity_of(z)
    call collins_soper(p(:, mu_plus), p(:, mu_minus), values(4), values(5))
    values(6) = pt_of(p(:, jet))
    values(7) = rapidity_of(p(:, jet))
    values(8) = mass_of(p(:, jet))
    values(9) = modulo(phi_of(p(:, jet)) - phi_of(z), 2.0_real64 * pi)
    values(10) = pt_of(p(:, mu_plus))
    values(11) = pt_of(p(:, mu_minus))
    values(12) = pseudorapidity_of(p(:, mu_plus))
    values(13) = pseudorapidity_of(p(:, mu_minus))
  end function observables_of

  !> Whether features describe an event at all: what event_from_features asks for.
  pure logical function is_physical(features)
    real(real64), intent(in) :: features(n_features)

    is_physical = features(i_z_mass) > 2.0_real64 * muon_mass .and. features(i_z_mass) < z_mass_max &
      .and. features(i_z_pt) > 0.0_real64 .and. features(i_z_pt) < beam_energy &
      .and. features(i_jet_pt) > 0.0_real64 .and. features(i_jet_pt) < beam_energy &
      .and. abs(features(i_jet_eta)) < jet_eta_max &
      .and. features(i_jet_mass) >= 0.0_real64 .and. features(i_jet_mass) < beam_energy &
      .and. all(abs(features([i_polar, i_azimuthal, i_boost, i_opening])) < 1.0_real64)
  end function is_physical

  !> Whether an event lies inside the selection that defines the sample, and the beams could have
  !> made it.
  pure logical function is_accepted(p)
    real(real64), intent(in) :: p(4, 3)
    real(real64) :: distance
    integer :: i

    is_accepted = sum(p(1, :)) + abs(sum(p(4, :))) < 2.0_real64 * beam_energy &
      .and. pt_of(p(:, jet)) > jet_pt_min &
      .and. abs(pseudorapidity_of(p(:, jet))) < jet_eta_max &
      .and. mass_of(p(:, mu_plus) + p(:, mu_minus)) < z_mass_max
    do i = mu_plus, mu_minus
      distance = hypot(pseudorapidity_of(p(:, i)) - pseudorapidity_of(p(:, jet)), &
                       wrapped(phi_of(p(:, i)) - phi_of(p(:, jet))))
      is_accepted = is_accepted .and. pt_of(p(:, i)) > muon_pt_min &
        .and. abs(pseudorapidity_of(p(:, i))) < muon_eta_max .and. distance > muon_jet_dr_min
    end do
  end function is_accepted

  !> Polar cosine and azimuth of the first particle in the Collins-Soper frame of the pair: its z
  !> axis halves the angle between one beam and the other reversed and points along the beam of
  !> positive pz; its x axis lies along the transverse momentum of the pair.
  pure subroutine collins_soper(plus, minus, cos_theta, phi_star)
    real(real64), intent(in) :: plus(4), minus(4)
    real(real64), intent(out) :: cos_theta, phi_star
    real(real64) :: z(4), m, qt, mt, y, cx, cy, energy, along, kx, ky, kz

    z = plus + minus
    m = mass_of(z)
    qt = pt_of(z)
    mt = hypot(m, qt)
    y = rapidity_of(z)
    ! Without transverse momentum the azimuth of the pair is free: take the x axis.
    cx = 1.0_real64
    cy = 0.0_real64
    if (qt > 0.0_real64) then
      cx = z(2) / qt
      cy = z(3) / qt
    end if
    ! First along the beam until the pair has no pz, then along its transverse momentum.
    energy = plus(1) * cosh(y) - plus(4) * sinh(y)
    kz = plus(4) * cosh(y) - plus(1) * sinh(y)
    along = plus(2) * cx + plus(3) * cy
    ky = plus(3) * cx - plus(2) * cy
    kx = (mt * along - qt * energy) / m
    cos_theta = kz / sqrt(kx * kx + ky * ky + kz * kz)
    phi_star = atan2(ky, kx)
  end subroutine collins_soper

  pure function on_shell(px, py, pz, m) result(p)
    real(real64), intent(in) :: px, py, pz, m
    real(real64) :: p(4)

    p = [sqrt(px * px + py * py + pz * pz + m * m), px, py, pz]
  end function on_shell

  !> Invariant mass; zero where rounding made its square negative. E^2 - p^2 is taken as
  !> (E - |p|)(E + |p|): one cancellation instead of two.
  pure real(real64) function mass_of(p)
    real(real64), intent(in) :: p(4)
    real(real64) :: momentum

    momentum = sqrt(p(2) * p(2) + p(3) * p(3) + p(4) * p(4))
    mass_of = sqrt(max((p(1) - momentum) * (p(1) + momentum), 0.0_real64))
  end function mass_of

  pure real(real64) function pt_of(p)
    real(real64), intent(in) :: p(4)

    pt_of = hypot(p(2), p(3))
  end function pt_of

  pure real(real64) function phi_of(p)
    real(real64), intent(in) :: p(4)

    phi_of = atan2(p(3), p(2))
  end function phi_of

  !> asinh(pz / mT), which stays exact for fast, light particles.
  pure real(real64) function rapidity_of(p)
    real(real64), intent(in) :: p(4)

    rapidity_of = asinh(p(4) / hypot(pt_of(p), mass_of(p)))
  end function rapidity_of

  pure real(real64) function pseudorapidity_of(p)
    real(real64), intent(in) :: p(4)

    pseudorapidity_of = asinh(p(4) / pt_of(p))
  end function pseudorapidity_of

  !> Angle in (-pi, pi].
  pure real(real64) function wrapped(angle)
    real(real64), intent(in) :: angle

    wrapped = pi - modulo(pi - angle, 2.0_real64 * pi)
  end function wrapped

end module zjet_kinematics
