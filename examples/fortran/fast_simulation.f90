! A fast simulation in Fortran: where a particle enters the calorimeter, CaloGAN (arXiv:1712.10321) fills its cells
! in place of a full simulation, one shower at a time as a transport loop asks for them, or many together.
!
!   gfortran fast_simulation.f90 $(pkg-config --cflags --libs castalia-fortran) && ./a.out DATA.h5 [STEPS]
!
! DATA.h5 is examples/data/eplus_showers.h5: `showers` and `incident_energies`, in MeV. The generator is trained
! in STEPS steps (default 600) where calogan.safetensors is not there yet. Prints how the showers compare with
! Geant4's, and milliseconds of processor time for one by the number that is drawn together.
module calorimeter
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use castalia, only: castalia_model, castalia_sampler
  implicit none
  integer, parameter :: first_layer = 12 ! cells of layer 0

contains

  ! Fills the cells, (cell, shower), for particles of these energies, (1, shower), so many in one call.
  subroutine respond(sampler, energies, batch, x)
    type(castalia_sampler), intent(inout) :: sampler
    real(real64), intent(in) :: energies(:, :)
    integer, intent(in) :: batch
    real(real64), intent(out) :: x(:, :)
    integer :: first, last

    do first = 1, size(x, 2), batch
      last = min(first + batch - 1, size(x, 2))
      call sampler%next(x(:, first:last), context=energies(:, first:last))
    end do
  end subroutine respond

  ! Mean and spread of the energy in the calorimeter over the incident one, the share of its first layer,
  ! and how many cells are not empty.
  subroutine print_figures(name, x, energies)
    character(len=*), intent(in) :: name
    real(real64), intent(in) :: x(:, :), energies(:, :)
    real(real64) :: response(size(x, 2)), share(size(x, 2)), mean, active

    response = sum(x, 1) / energies(1, :)
    share = sum(x(:first_layer, :), 1) / sum(x, 1)
    mean = sum(response) / size(response)
    active = count(x > 0) / real(size(x, 2), real64)
    print "(a, a, f0.5, a, f0.5, a, f0.4, a, f0.2)", name, " response ", mean, " spread ", &
        sqrt(sum((response - mean)**2) / size(response)), " first ", sum(share) / size(share), " active ", active
  end subroutine print_figures

end module calorimeter

program fast_simulation
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use castalia
  use calorimeter
  implicit none
  character(len=*), parameter :: file = "calogan.safetensors"
  character(len=*), parameter :: fields = '{"heights": [1, 4, 2], "widths": [12, 4, 2], "latent": 32, &
      &"generator_channels": [16, 12, 8], "critic_channels": [24, 12, 8], "critic_hidden": 96, "threshold": 0.1}'
  character(len=*), parameter :: training = '"batch": 128, "adversarial_loss": "hinge", "regularisers": ["r1"], &
      &"regulariser_weights": [1.0], "optimiser": "adam", "learning_rate": 0.001, "beta1": 0.0, &
      &"critic_rate": 2.0, "schedule": "cosine", "ema": 0.98, "validate_every": 200}'
  integer, parameter :: batches(3) = [1, 128, 1024]
  type(castalia_model) :: model
  type(castalia_config) :: game
  type(castalia_sampler) :: sampler
  real(real64), allocatable :: geant4(:, :), energies(:, :), drawn(:, :), first_drawn(:, :)
  real(real64) :: start, finish
  integer(int64), allocatable :: extents(:)
  character(len=4096) :: data, steps
  logical :: trained
  integer :: i

  call get_command_argument(1, data)
  call get_command_argument(2, steps)
  if (len_trim(steps) == 0) steps = "600"
  call castalia_hdf5_shape(trim(data), 'showers', extents)
  allocate (geant4(extents(1), extents(2)), energies(1, extents(2)))
  call castalia_hdf5_read(trim(data), 'showers', geant4)
  call castalia_hdf5_read(trim(data), 'incident_energies', energies)
  call print_figures("geant4", geant4, energies)

  inquire (file=file, exist=trained)
  if (trained) then
    call model%load(file)
  else
    call model%create("calogan", json=fields)
    call game%create('{"steps": '//trim(steps)//', '//training)
    call model%fit(geant4, energies, training=game)
    call model%save(file)
  end if

  allocate (drawn, mold=geant4)
  do i = 1, size(batches)
    ! The same seed: the same showers, however many are drawn together.
    call sampler%create(model, seed=1_int64)
    call cpu_time(start)
    call respond(sampler, energies, batches(i), drawn)
    call cpu_time(finish)
    call sampler%destroy()
    if (i == 1) then
      first_drawn = drawn
      call print_figures("calogan", drawn, energies)
    else if (any(drawn /= first_drawn)) then
      error stop "the showers depend on how many are drawn together"
    end if
    print "(a, i0, a, f0.5)", "together_", batches(i), " milliseconds ", 1e3_real64 * (finish - start) / size(drawn, 2)
  end do
end program fast_simulation
