!> Reads events (float64, E px py pz of three particles) from one raw file, and writes to another, for
!> each event: nine features, the azimuth, the side, the twelve components rebuilt from them, thirteen
!> observables and 1 or 0 for accepted. `test_kinematics.py` compares that with the Python twin.
program kinematics_filter
  use, intrinsic :: iso_fortran_env, only: real64
  use zjet_kinematics
  implicit none

  character(len=1024) :: from, to
  real(real64) :: p(4, 3), rebuilt(4, 3), features(n_features), azimuth, side
  integer :: reading, writing, status

  call get_command_argument(1, from)
  call get_command_argument(2, to)
  open (newunit=reading, file=trim(from), access='stream', form='unformatted', status='old', &
        action='read')
  open (newunit=writing, file=trim(to), access='stream', form='unformatted', status='replace', &
        action='write')
  do
    read (reading, iostat=status) p
    if (status /= 0) exit
    call features_from_event(p, features, azimuth, side)
    call event_from_features(features, azimuth, side, rebuilt)
    write (writing) features, azimuth, side, rebuilt, observables_of(p), &
      merge(1.0_real64, 0.0_real64, is_accepted(p))
  end do
end program kinematics_filter
