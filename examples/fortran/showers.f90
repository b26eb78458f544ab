! Learns positrons' showers in a calorimeter from Geant4's, and draws new ones of any energy: CaloFlow
! (arXiv:2106.05285, 2110.11377). The teacher learns the density of showers; the student learns from the
! teacher, and draws all cells at once.
!
!   gfortran showers.f90 $(pkg-config --cflags --libs castalia-fortran) && ./a.out DATA.h5
!
! DATA.h5 is examples/data/eplus_showers.h5: `showers` and `incident_energies`, in MeV. Leaves the model
! files teacher.safetensors and student.safetensors.
module shower_figures
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use castalia, only: castalia_model, castalia_sampler
  implicit none
  integer, parameter :: cells(3) = [12, 16, 4] ! of each layer

contains

  ! As a simulation asks for them: one shower at a time, each of its own energy.
  subroutine simulate(model, energies, x)
    type(castalia_model), intent(in) :: model
    real(real64), intent(in) :: energies(:, :)
    real(real64), intent(out) :: x(:, :)
    type(castalia_sampler) :: sampler
    integer :: shower

    call sampler%create(model, seed=1_int64)
    do shower = 1, size(x, 2)
      call sampler%next(x(:, shower), context=energies(:, shower))
    end do
    call sampler%destroy()
  end subroutine simulate

  ! Mean and spread of the energy in the calorimeter over the incident one, the share of its first layer,
  ! and how many cells are not empty.
  subroutine print_figures(name, x, energies)
    character(len=*), intent(in) :: name
    real(real64), intent(in) :: x(:, :), energies(:, :)
    real(real64) :: response(size(x, 2)), first(size(x, 2)), mean, active

    response = sum(x, 1) / energies(1, :)
    first = sum(x(:cells(1), :), 1) / sum(x, 1)
    mean = sum(response) / size(response)
    active = count(x > 0) / real(size(x, 2), real64)
    print "(a, a, f0.5, a, f0.5, a, f0.4, a, f0.2)", name, " response ", mean, " spread ", &
        sqrt(sum((response - mean)**2) / size(response)), " first ", sum(first) / size(first), " active ", active
  end subroutine print_figures

end module shower_figures

program showers
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use castalia
  use shower_figures
  implicit none
  character(len=*), parameter :: fields = '{"cells": [12, 16, 4], "noise": 0.1, "threshold": 0.1, "layers": 2, &
      &"hidden": 64, "energy_layers": 4, "direction": '
  character(len=*), parameter :: schedule = '{"steps": 600, "batch": 128, "learning_rate": 0.005, &
      &"schedule": "one_cycle", "clip_norm": 20, '
  type(castalia_model) :: teacher, student
  type(castalia_config) :: training, lesson
  real(real64), allocatable :: geant4(:, :), energies(:, :), drawn(:, :)
  integer(int64), allocatable :: extents(:)
  character(len=4096) :: data

  call get_command_argument(1, data)
  call castalia_hdf5_shape(trim(data), 'showers', extents)
  allocate (geant4(extents(1), extents(2)), energies(1, extents(2)))
  call castalia_hdf5_read(trim(data), 'showers', geant4)
  call castalia_hdf5_read(trim(data), 'incident_energies', energies)
  allocate (drawn, mold=geant4)
  call print_figures("geant4", geant4, energies)

  call teacher%create("caloflow", json=fields//'"forward"}')
  call training%create(schedule//'"ema": 0.99}')
  call teacher%fit(geant4, energies, training=training)
  call teacher%save("teacher.safetensors")
  call simulate(teacher, energies, drawn)
  call print_figures("teacher", drawn, energies)

  call student%create("caloflow", json=fields//'"inverse"}')
  call lesson%create(schedule//'"teacher": "teacher.safetensors", "distil_data": 10, "distil_latent": 10, &
      &"distil_layers": 10, "distil_parameters": 0.1}')
  call student%fit(geant4, energies, training=lesson)
  call student%save("student.safetensors")
  call simulate(student, energies, drawn)
  call print_figures("student", drawn, energies)
end program showers
