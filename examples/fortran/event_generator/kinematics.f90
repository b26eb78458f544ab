!> Coordinates for pp -> Z(mu+ mu-) + jet: nine numbers and an azimuth to four-vectors, and back.
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

  !> Places of the features.
  integer, parameter, public :: i_z_mass = 1       !< GeV
  integer, parameter, public :: i_z_pt = 2         !< GeV
  integer, parameter, public :: i_z_rapidity = 3
  integer, parameter, public :: i_cos_theta = 4    !< of the mu+ in the Collins-Soper frame
  integer, parameter, public :: i_phi_star = 5     !< its azimuth there, (-pi, pi]
  integer, parameter, public :: i_jet_pt = 6       !< GeV
  integer, parameter, public :: i_jet_eta = 7
  integer, parameter, public :: i_jet_mass = 8     !< GeV
  integer, parameter, public :: i_delta_phi = 9    !< azimuth of the jet less that of the Z, [0, 2 pi)

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

  !> A jet of one photon has a rounded mass near zero, of either sign.
  real(real64), parameter :: jet_mass_min = 1.0e-3_real64

  character(len=12), parameter, public :: observable_names(n_observables) = [ character(len=12) :: &
    'z_mass', 'z_pt', 'z_rapidity', 'cos_theta', 'phi_star', 'jet_pt', 'jet_rapidity', 'jet_mass', &
    'delta_phi', 'mu_plus_pt', 'mu_minus_pt', 'mu_plus_eta', 'mu_minus_eta' ]

  public :: event_from_features, features_from_event, observables_of, is_accepted
  public :: on_shell, mass_of, pt_of, phi_of, rapidity_of, pseudorapidity_of

contains

  !> Four-vectors from nine features and the azimuth of the Z.
  pure subroutine event_from_features(features, azimuth, p)
    real(real64), intent(in) :: features(n_features)
    real(real64), intent(in) :: azimuth
    real(real64), intent(out) :: p(4, 3)
    real(real64) :: k, kx, ky, kz, sin_theta, m, qt, mt, y, along, across, energy, side, jet_phi
    real(real64) :: cos_azimuth, sin_azimuth
    integer :: i

    m = features(i_z_mass)
    qt = features(i_z_pt)
    y = features(i_z_rapidity)
    mt = hypot(m, qt)
    cos_azimuth = cos(azimuth)
    sin_azimuth = sin(azimuth)

    ! The mu+ in the rest frame of the Z.
    k = sqrt((0.5_real64 * m - muon_mass) * (0.5_real64 * m + muon_mass))
    sin_theta = sqrt((1.0_real64 - features(i_cos_theta)) * (1.0_real64 + features(i_cos_theta)))
    kx = k * sin_theta * cos(features(i_phi_star))
    ky = k * sin_theta * sin(features(i_phi_star))
    kz = k * features(i_cos_theta)

    ! Back along the transverse momentum, turned to its azimuth, then along the beam.
    do i = mu_plus, mu_minus
      side = merge(1.0_real64, -1.0_real64, i == mu_plus)
      along = 0.5_real64 * qt + side * kx * mt / m
      across = side * ky
      energy = 0.5_real64 * mt + side * kx * qt / m
      p(:, i) = on_shell(along * cos_azimuth - across * sin_azimuth, &
                         along * sin_azimuth + across * cos_azimuth, &
                         side * kz * cosh(y) + energy * sinh(y), muon_mass)
    end do

    jet_phi = azimuth + features(i_delta_phi)
    p(:, jet) = on_shell(features(i_jet_pt) * cos(jet_phi), features(i_jet_pt) * sin(jet_phi), &
                         features(i_jet_pt) * sinh(features(i_jet_eta)), features(i_jet_mass))
  end subroutine event_from_features

  !> Nine features and the azimuth of the Z from four-vectors.
  pure subroutine features_from_event(p, features, azimuth)
    real(real64), intent(in) :: p(4, 3)
    real(real64), intent(out) :: features(n_features)
    real(real64), intent(out) :: azimuth
    real(real64) :: z(4)

    z = p(:, mu_plus) + p(:, mu_minus)
    azimuth = phi_of(z)
    features(i_z_mass) = mass_of(z)
    features(i_z_pt) = pt_of(z)
    features(i_z_rapidity) = rapidity_of(z)
    call collins_soper(p(:, mu_plus), p(:, mu_minus), features(i_cos_theta), features(i_phi_star))
    features(i_jet_pt) = pt_of(p(:, jet))
    features(i_jet_eta) = pseudorapidity_of(p(:, jet))
    features(i_jet_mass) = max(mass_of(p(:, jet)), jet_mass_min)
    features(i_delta_phi) = modulo(phi_of(p(:, jet)) - azimuth, 2.0_real64 * pi)
  end subroutine features_from_event

  !> The thirteen observables, in the order of observable_names.
  pure function observables_of(p) result(values)
    real(real64), intent(in) :: p(4, 3)
    real(real64) :: values(n_observables)
    real(real64) :: features(n_features), azimuth

    call features_from_event(p, features, azimuth)
    values(1:6) = features(1:6)
    values(7) = rapidity_of(p(:, jet))
    values(8) = mass_of(p(:, jet))
    values(9) = features(i_delta_phi)
    values(10) = pt_of(p(:, mu_plus))
    values(11) = pt_of(p(:, mu_minus))
    values(12) = pseudorapidity_of(p(:, mu_plus))
    values(13) = pseudorapidity_of(p(:, mu_minus))
  end function observables_of

  !> Whether an event lies inside the selection that defines the sample.
  pure logical function is_accepted(p)
    real(real64), intent(in) :: p(4, 3)
    real(real64) :: distance
    integer :: i

    is_accepted = pt_of(p(:, jet)) > jet_pt_min &
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

    p = [ sqrt(px * px + py * py + pz * pz + m * m), px, py, pz ]
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
