! Finds the parameters at which the mean of a simulator's events is least. The simulator has no derivatives:
! those of a generative model of its events, trained near the present parameters, are followed.
!
!   gfortran optimise.f90 $(pkg-config --cflags --libs castalia-fortran) && ./a.out
module bowl
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use castalia, only: castalia_normal
  implicit none

  real(real64), parameter :: least(2) = [0.5_real64, -0.3_real64]

contains

  ! Noise is a function of the event's number.
  subroutine simulate(parameters, x, first_event, y, failed)
    real(real64), intent(in) :: parameters(:), x(:, :)
    integer(int64), intent(in) :: first_event
    real(real64), intent(inout) :: y(:, :)
    logical, intent(inout) :: failed

    failed = size(x) > 0
    call castalia_normal(y, seed=7_int64, event=first_event, stage=1)
    y = sum((parameters - least)**2) + 0.1_real64 * y
  end subroutine simulate

end module bowl

program optimise
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use castalia
  use bowl
  implicit none
  type(castalia_model) :: model
  type(castalia_config) :: training, options
  type(castalia_surrogate) :: search
  real(real64) :: best(2), objective
  integer(int64) :: simulated

  call model%create("gan", json='{"features": 1, "context_features": 2, "latent": 2, &
      &"generator_hidden": 32, "critic_hidden": 32}')
  call training%create('{"steps": 80, "batch": 128, "learning_rate": 0.003, "validation": 0}')
  call options%create('{"region": [0.3], "points": 8, "events": 32, "moves": 5}')
  call search%create(model, [-0.4_real64, 0.5_real64], simulate, training=training, options=options)
  call search%advance(8)
  call search%status(simulated=simulated, best=best, objective=objective)
  print "(a, f0.5, a, f0.5, a, f0.5, a, i0)", "first ", best(1), " second ", best(2), &
      " objective ", objective, " simulated ", simulated
end program optimise
