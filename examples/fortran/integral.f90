! Integrates three resonances over the unit cube: a flow learns to draw where the integrand is large, from
! the integrand alone, and the mean weight of its draws is the integral.
!
!   gfortran integral.f90 $(pkg-config --cflags --libs castalia-fortran) && ./a.out
module resonances
  use, intrinsic :: iso_fortran_env, only: real64
  implicit none

  real(real64), parameter :: mass(3) = [0.3_real64, 0.5_real64, 0.8_real64]
  real(real64), parameter :: width = 0.1_real64

contains

  ! The logarithm of the integrand, product of 1 / ((x - mass)**2 + width**2), and its gradient.
  subroutine integrand(x, context, log_density, gradient, failed)
    real(real64), intent(in) :: x(:, :), context(:, :)
    real(real64), intent(inout) :: log_density(:), gradient(:, :)
    logical, intent(inout) :: failed
    integer :: point

    failed = size(context) > 0
    do point = 1, size(x, 2)
      log_density(point) = -sum(log((x(:, point) - mass)**2 + width**2))
    end do
    do point = 1, size(gradient, 2)
      gradient(:, point) = -2 * (x(:, point) - mass) / ((x(:, point) - mass)**2 + width**2)
    end do
  end subroutine integrand

end module resonances

program integral
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use castalia
  use resonances
  implicit none
  integer, parameter :: events = 20000
  type(castalia_model) :: flow
  type(castalia_target) :: target
  type(castalia_config) :: training
  real(real64), allocatable :: x(:, :), log_weights(:)
  real(real64) :: log_z, error, effective, acceptance, exact

  call flow%create("coupling_flow", json='{"features": 3, "layers": 6, "hidden": 32, "tails": "none", &
      &"base": "uniform", "preprocessing": ["interval(0, 1)", "interval(0, 1)", "interval(0, 1)"]}')
  call training%create('{"objective": "reverse_kl", "steps": 200, "batch": 256, "learning_rate": 0.005}')
  call target%create(3, integrand, gradient=.true.)
  call flow%fit_target(target, training=training)

  allocate (x(3, events), log_weights(events))
  call flow%weigh(target, x, log_weights, seed=1_int64, log_z=log_z, log_z_error=error, &
      effective_sample_size=effective, acceptance=acceptance)
  exact = sum(log((atan((1 - mass) / width) + atan(mass / width)) / width))
  print "(a, f0.5, a, f7.5, a, f0.5, a, f5.3, a, f5.3)", "log_z ", log_z, " error ", error, " exact ", exact, &
      " effective ", effective / events, " acceptance ", acceptance
end program integral
