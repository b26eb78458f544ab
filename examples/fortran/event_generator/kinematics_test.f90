!> Tests of the coordinates: round trips over the whole range, exact mass shells, hard corners.
program kinematics_test
  use, intrinsic :: iso_fortran_env, only: real64, error_unit
  use zjet_kinematics
  implicit none

  integer :: failures = 0

  call round_trip_over_the_range()
  call momenta_are_on_shell_and_add_up()
  call the_box_is_the_selection()
  call corners()
  call known_event()
  call selection()
  if (failures > 0) then
    write (error_unit, '(i0, a)') failures, ' checks failed'
    error stop 1
  end if
  write (*, '(a)') 'kinematics_test: all checks passed'

contains

  subroutine check(condition, what)
    logical, intent(in) :: condition
    character(len=*), intent(in) :: what

    if (.not. condition) then
      failures = failures + 1
      write (error_unit, '(2a)') 'FAILED: ', what
    end if
  end subroutine check

  !> Evenly spread points of the unit cube (Kronecker sequence): the same on every machine.
  pure function point(i, n) result(u)
    integer, intent(in) :: i, n
    real(real64) :: u(n)
    real(real64) :: root
    integer :: j

    ! The root of x**(n+1) = x + 1 makes the powers of its inverse badly approximable together.
    root = 1.5_real64
    do j = 1, 60
      root = (1.0_real64 + root)**(1.0_real64 / real(n + 1, real64))
    end do
    do j = 1, n
      u(j) = modulo(0.5_real64 + real(i, real64) / root**j, 1.0_real64)
    end do
  end function point

  pure function spread_features(i) result(f)
    integer, intent(in) :: i
    real(real64) :: f(n_features)
    real(real64) :: u(n_features)

    u = point(i, n_features)
    f(i_z_mass) = 45.0_real64 + 105.0_real64 * u(1)
    f(i_z_pt) = 1.0_real64 * 1000.0_real64**u(2)
    f([i_polar, i_azimuthal, i_boost]) = 0.9999_real64 * (2.0_real64 * u(3:5) - 1.0_real64)
    f(i_jet_pt) = 20.0_real64 * 50.0_real64**u(6)
    f(i_jet_eta) = 4.5_real64 * (2.0_real64 * u(7) - 1.0_real64)
    f(i_jet_mass) = f(i_jet_pt) * (0.05_real64 + 0.25_real64 * u(8))
    f(i_opening) = 0.9999_real64 * (2.0_real64 * u(9) - 1.0_real64)
  end function spread_features

  pure real(real64) function turned(a, b)
    real(real64), intent(in) :: a, b

    turned = abs(modulo(a - b + pi, 2.0_real64 * pi) - pi)
  end function turned

  subroutine round_trip_over_the_range()
    real(real64) :: f(n_features), g(n_features), p(4, 3), azimuth, side, found, found_side, worst
    integer :: i

    worst = 0.0_real64
    do i = 1, 20000
      f = spread_features(i)
      azimuth = pi * (2.0_real64 * modulo(0.754877666_real64 * i, 1.0_real64) - 1.0_real64)
      side = merge(1.0_real64, -1.0_real64, modulo(i, 2) == 0)
      call event_from_features(f, azimuth, side, p)
      call features_from_event(p, g, found, found_side)
      worst = max(worst, maxval(abs(g([1, 2, 6]) / f([1, 2, 6]) - 1.0_real64)), &
                  maxval(abs(g([3, 4, 5]) - f([3, 4, 5]))), turned(found, azimuth))
      ! Where the muons are so close that the holes stay open, a jet in a hole cannot come back.
      if (is_accepted(p)) worst = max(worst, maxval(abs(g([7, 9]) - f([7, 9]))))
      call check(side * found_side > 0.0_real64, 'side of the mu+')
      ! The jet's mass is a difference of large numbers: its error grows with (E / m)^2.
      call check(abs(g(8) / f(8) - 1.0_real64) < 1.0e-14_real64 * (p(1, jet) / f(8))**2 + 1.0e-13_real64, &
                 'mass of the jet after a round trip')
    end do
    call check(worst < 1.0e-8_real64, 'features after a round trip')
  end subroutine round_trip_over_the_range

  subroutine momenta_are_on_shell_and_add_up()
    real(real64) :: f(n_features), p(4, 3), z(4), mass(3)
    integer :: i, j

    do i = 1, 20000
      f = spread_features(i)
      call event_from_features(f, 1.0_real64, 1.0_real64, p)
      mass = [muon_mass, muon_mass, f(i_jet_mass)]
      do j = 1, 3
        call check(abs(p(1, j)**2 - sum(p(2:4, j)**2) - mass(j)**2) <= 1.0e-14_real64 * p(1, j)**2, &
                   'mass shell')
      end do
      ! The muons' energies come from their own mass shells; their sum must still be that of the Z.
      z = p(:, mu_plus) + p(:, mu_minus)
      call check(abs(mass_of(z) / f(i_z_mass) - 1.0_real64) < 1.0e-9_real64, 'mass of the Z')
      call check(abs(pt_of(z) / f(i_z_pt) - 1.0_real64) < 1.0e-11_real64, 'pT of the Z')
    end do
  end subroutine momenta_are_on_shell_and_add_up

  !> The point of these coordinates: the whole box, up to its sides, lies inside the cuts, and its
  !> sides are the cuts.
  subroutine the_box_is_the_selection()
    real(real64) :: f(n_features), p(4, 3), pt(2), eta(2), softest, widest, apart
    integer :: i, kept

    softest = huge(softest)
    widest = 0.0_real64
    kept = 0
    do i = 1, 20000
      f = spread_features(i)
      call event_from_features(f, 0.5_real64, 1.0_real64, p)
      pt = [pt_of(p(:, mu_plus)), pt_of(p(:, mu_minus))]
      eta = abs([pseudorapidity_of(p(:, mu_plus)), pseudorapidity_of(p(:, mu_minus))])
      softest = min(softest, minval(pt))
      widest = max(widest, maxval(eta))
      ! Excepted are events that the beams cannot make, and jets near muons so close to each other that
      ! the holes stay open.
      apart = hypot(pseudorapidity_of(p(:, mu_plus)) - pseudorapidity_of(p(:, mu_minus)), &
                    turned(phi_of(p(:, mu_plus)), phi_of(p(:, mu_minus))))
      if (apart > 1.2_real64 .and. sum(p(1, :)) + abs(sum(p(4, :))) < 2.0_real64 * beam_energy) then
        kept = kept + 1
        call check(is_accepted(p), 'an event of the box inside the selection')
      end if
      ! On the side of the box one muon sits on the cut. When the arc of phi* is the whole half
      ! circle, no cut bounds it.
      f(i_boost) = 1.0_real64
      call event_from_features(f, 0.5_real64, 1.0_real64, p)
      eta = abs([pseudorapidity_of(p(:, mu_plus)), pseudorapidity_of(p(:, mu_minus))])
      call check(abs(maxval(eta) - muon_eta_max) < 2.0e-5_real64, 'the side of the box in rapidity')
    end do
    call check(kept > 10000, 'enough events of the box looked at')
    call check(softest >= muon_pt_min, 'the softest muon in the box')
    call check(softest < muon_pt_min + 0.01_real64, 'a muon near the cut on pT')
    call check(widest < muon_eta_max + 2.0e-5_real64, 'the most forward muon in the box')

    ! At 20 GeV of transverse momentum the cut bounds phi*: muons along the Z are too soft.
    f = [91.0_real64, 20.0_real64, 0.9_real64, 1.0_real64, 0.0_real64, 30.0_real64, 0.0_real64, &
          5.0_real64, 0.0_real64]
    call event_from_features(f, 0.5_real64, 1.0_real64, p)
    pt = [pt_of(p(:, mu_plus)), pt_of(p(:, mu_minus))]
    call check(abs(minval(pt) - muon_pt_min) < 1.0e-9_real64, 'the side of the box in phi*')
    f(i_polar) = 1.0_real64
    call event_from_features(f, 0.5_real64, 1.0_real64, p)
    pt = [pt_of(p(:, mu_plus)), pt_of(p(:, mu_minus))]
    call check(all(abs(pt - muon_pt_min) < 1.0e-4_real64), 'the side of the box in cos(theta*)')
  end subroutine the_box_is_the_selection

  subroutine corners()
    real(real64) :: p(4, 3), values(n_observables), f(n_features), azimuth, side

    ! A Z without transverse momentum: its azimuth, and phi* with it, are free; the rest is not.
    p(:, mu_plus) = on_shell(30.0_real64, 40.0_real64, 10.0_real64, muon_mass)
    p(:, mu_minus) = on_shell(-30.0_real64, -40.0_real64, -10.0_real64, muon_mass)
    p(:, jet) = on_shell(-60.0_real64, 0.0_real64, 80.0_real64, 6.0_real64)
    values = observables_of(p)
    call check(values(2) <= 0.0_real64, 'no transverse momentum')
    call check(abs(values(4) - 10.0_real64 / sqrt(2600.0_real64)) < 1.0e-12_real64, 'cos(theta) at rest')
    call check(abs(values(5) - atan2(40.0_real64, 30.0_real64)) < 1.0e-12_real64, 'phi* from the x axis')

    ! A massless jet.
    p(:, mu_minus) = on_shell(30.0_real64, -40.0_real64, 10.0_real64, muon_mass)
    p(:, jet) = [100.0_real64, -60.0_real64, 0.0_real64, 80.0_real64]
    call features_from_event(p, f, azimuth, side)
    call check(is_physical(f), 'a massless jet')
    call check(f(i_jet_mass) > 0.1_real64 .and. f(i_jet_mass) < 0.2_real64, 'no jet lighter than a pion')
    f(i_jet_mass) = 0.0_real64
    call event_from_features(f, azimuth, side, p)
    call check(abs(p(1, jet) - 100.0_real64) < 1.0e-11_real64, 'energy of a massless jet')
  end subroutine corners

  !> By hand: a Z at rest along the beam, muons at right angles to it in the transverse plane.
  subroutine known_event()
    real(real64) :: p(4, 3), values(n_observables), m

    p(:, mu_plus) = on_shell(30.0_real64, 40.0_real64, 0.0_real64, muon_mass)
    p(:, mu_minus) = on_shell(30.0_real64, -40.0_real64, 0.0_real64, muon_mass)
    p(:, jet) = on_shell(-60.0_real64, 0.0_real64, 80.0_real64, 6.0_real64)
    values = observables_of(p)
    m = 2.0_real64 * sqrt(40.0_real64**2 + muon_mass**2)
    call check(abs(values(1) - m) < 1.0e-11_real64, 'mass of the known event')
    call check(abs(values(2) - 60.0_real64) < 1.0e-12_real64, 'pT of the known Z')
    call check(abs(values(3)) < 1.0e-14_real64, 'rapidity of the known Z')
    call check(abs(values(4)) < 1.0e-14_real64, 'cos(theta) of the known mu+')
    call check(abs(values(5) - 0.5_real64 * pi) < 1.0e-12_real64, 'phi* of the known mu+')
    call check(abs(values(6) - 60.0_real64) < 1.0e-12_real64, 'pT of the known jet')
    call check(abs(values(7) - asinh(80.0_real64 / sqrt(3636.0_real64))) < 1.0e-12_real64, &
               'rapidity of the known jet')
    call check(abs(values(8) - 6.0_real64) < 1.0e-11_real64, 'mass of the known jet')
    call check(abs(values(9) - pi) < 1.0e-14_real64, 'delta phi of the known event')
    call check(abs(values(10) - 50.0_real64) < 1.0e-12_real64, 'pT of the known mu+')
    call check(is_accepted(p), 'the known event is accepted')
  end subroutine known_event

  subroutine selection()
    real(real64) :: p(4, 3), q(4, 3)

    p(:, mu_plus) = on_shell(30.0_real64, 40.0_real64, 0.0_real64, muon_mass)
    p(:, mu_minus) = on_shell(30.0_real64, -40.0_real64, 0.0_real64, muon_mass)
    p(:, jet) = on_shell(-60.0_real64, 0.0_real64, 80.0_real64, 6.0_real64)

    q = p
    q(:, mu_minus) = on_shell(0.0_real64, -19.9_real64, 0.0_real64, muon_mass)
    call check(.not. is_accepted(q), 'a soft muon')
    q = p
    q(:, mu_plus) = on_shell(25.0_real64, 0.0_real64, 25.0_real64 * sinh(2.71_real64), muon_mass)
    call check(.not. is_accepted(q), 'a muon too far forward')
    q = p
    q(:, jet) = on_shell(-19.9_real64, 0.0_real64, 0.0_real64, 6.0_real64)
    call check(.not. is_accepted(q), 'a soft jet')
    q(:, jet) = on_shell(-25.0_real64, 0.0_real64, 25.0_real64 * sinh(4.51_real64), 6.0_real64)
    call check(.not. is_accepted(q), 'a jet too far forward')
    q(:, jet) = on_shell(33.0_real64, 40.0_real64, 0.0_real64, 6.0_real64)
    call check(.not. is_accepted(q), 'a jet on a muon')
    ! Azimuths on both sides of pi are close to each other.
    q(:, mu_plus) = on_shell(-40.0_real64, 1.0_real64, 0.0_real64, muon_mass)
    q(:, mu_minus) = on_shell(30.0_real64, 10.0_real64, 0.0_real64, muon_mass)
    q(:, jet) = on_shell(-40.0_real64, -1.0_real64, 0.0_real64, 6.0_real64)
    call check(.not. is_accepted(q), 'a jet on a muon across the cut of the azimuth')
    q = p
    q(:, mu_minus) = on_shell(-80.0_real64, -100.0_real64, 0.0_real64, muon_mass)
    q(:, jet) = on_shell(-60.0_real64, 60.0_real64, 0.0_real64, 6.0_real64)
    call check(.not. is_accepted(q), 'a heavy pair')
  end subroutine selection

end program kinematics_test
