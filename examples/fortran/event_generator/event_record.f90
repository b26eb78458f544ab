!> A collision as event files want it: particles with codes, statuses, mothers and momenta that
!> balance.
!>
!> The flow knows the two muons and the leading jet. Whatever else there was in the collision shows
!> only as the transverse momentum that they leave unbalanced. That becomes one explicit entry, the
!> recoil, massless and at the rapidity of the Z and jet together; two incoming pseudo-partons along
!> the beam then carry exactly the energy and the momentum of what came out.
module zjet_event_record
  use, intrinsic :: iso_c_binding, only: c_int32_t
  use, intrinsic :: iso_fortran_env, only: real64
  use zjet_kinematics, only: muon_mass, mu_plus, mu_minus, jet, mass_of, on_shell
  implicit none
  private

  integer, parameter, public :: n_entries = 7
  integer, parameter, public :: beam_up = 1, beam_down = 2, z_boson = 3, anti_muon = 4, muon = 5, &
                                hard_jet = 6, recoil = 7

  !> Codes of the Particle Data Group. 81 to 100 are left to generators: 97 is a jet from clustering,
  !> 90 a system of particles. The incoming flavours are not modelled: 21 stands for any parton.
  integer(c_int32_t), parameter, public :: record_ids(n_entries) = &
    [integer(c_int32_t) :: 21, 21, 23, -13, 13, 97, 90]
  !> As in Les Houches files: -1 incoming, 2 intermediate, 1 final.
  integer(c_int32_t), parameter, public :: record_status(n_entries) = &
    [integer(c_int32_t) :: -1, -1, 2, 1, 1, 1, 1]
  !> First and last mother of each entry, counted from 1; 0 for none.
  integer(c_int32_t), parameter, public :: record_mothers(2, n_entries) = reshape( &
    [integer(c_int32_t) :: 0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 1, 2, 1, 2], [2, n_entries])

  public :: fill_record

contains

  !> Momenta (E, px, py, pz) and masses in GeV of the seven entries of the event p.
  pure subroutine fill_record(p, momenta, masses)
    real(real64), intent(in) :: p(4, 3)
    real(real64), intent(out) :: momenta(4, n_entries)
    real(real64), intent(out) :: masses(n_entries)
    real(real64) :: seen(4), missing, all(4), plus, minus

    momenta(:, z_boson) = p(:, mu_plus) + p(:, mu_minus)
    momenta(:, anti_muon) = p(:, mu_plus)
    momenta(:, muon) = p(:, mu_minus)
    momenta(:, hard_jet) = p(:, jet)

    seen = momenta(:, z_boson) + momenta(:, hard_jet)
    missing = hypot(seen(2), seen(3))
    ! pz = pT sinh(y), where tanh(y) = pz / E of what was seen.
    momenta(:, recoil) = on_shell(-seen(2), -seen(3), &
      missing * seen(4) / sqrt((seen(1) - seen(4)) * (seen(1) + seen(4))), 0.0_real64)

    all = seen + momenta(:, recoil)
    plus = 0.5_real64 * (all(1) + all(4))
    minus = 0.5_real64 * (all(1) - all(4))
    momenta(:, beam_up) = [plus, 0.0_real64, 0.0_real64, plus]
    momenta(:, beam_down) = [minus, 0.0_real64, 0.0_real64, -minus]

    masses = 0.0_real64
    masses(z_boson) = mass_of(momenta(:, z_boson))
    masses([anti_muon, muon]) = muon_mass
    masses(hard_jet) = mass_of(momenta(:, hard_jet))
  end subroutine fill_record

end module zjet_event_record
