!> pp -> Z(mu+ mu-) + jet, drawn from a flow that learned it from Pythia.
!>
!>   event_generator MODEL FOLDER [EVENTS [SEED]]
!>
!> Writes FOLDER/zjet.lhe, FOLDER/zjet.hepmc3 and FOLDER/zjet.h5 (data set `particles`, float64,
!> events x 3 x 4: E px py pz in GeV of the mu+, the mu- and the jet), and prints a summary.
program event_generator
  use, intrinsic :: iso_fortran_env, only: int64, output_unit, real64
  use castalia
  use zjet_event_record
  use zjet_generator_module, only: zjet_generator
  use zjet_kinematics
  use zjet_summary, only: print_summary
  implicit none

  integer, parameter :: batch = 4096

  type(zjet_generator) :: generator
  type(castalia_event_writer) :: lhe, hepmc
  character(len=4096) :: model_path, folder
  integer :: n_events, i
  integer(int64) :: seed
  real(real64) :: momenta(4, n_entries), masses(n_entries), started
  real(real64), allocatable :: events(:, :, :), values(:, :)

  call read_arguments()

  ! Initialise.
  call generator%initialise(trim(model_path), seed)
  call compare_ways_of_drawing(min(n_events, 2000))
  call lhe%create(trim(folder)//'/zjet.lhe', 'lhe')
  call hepmc%create(trim(folder)//'/zjet.hepmc3', 'hepmc3')
  allocate (events(4, 3, n_events), values(n_observables, n_events))

  ! Event loop.
  started = seconds()
  call generator%set_batch(batch)
  do i = 1, n_events
    call generator%next(events(:, :, i))
    call fill_record(events(:, :, i), momenta, masses)
    call lhe%write(record_ids, record_status, record_mothers, momenta, masses)
    call hepmc%write(record_ids, record_status, record_mothers, momenta, masses)
    values(:, i) = observables_of(events(:, :, i))
  end do

  ! Finalise.
  call lhe%close()
  call hepmc%close()
  call castalia_hdf5_write(trim(folder)//'/zjet.h5', 'particles', events, replace=.true.)
  write (output_unit, '(a, i0, a, f0.1, a)') 'Wrote ', n_events, ' events as LHE, HepMC3 and HDF5 in ', &
    seconds() - started, ' s'
  write (output_unit, '(a, f6.2, a)') 'Inside the selection: ', 100.0_real64 * generator%efficiency(), &
    ' % of the flow''s candidates'
  call print_summary(output_unit, values)
  call generator%finalise()

contains

  subroutine read_arguments()
    character(len=32) :: number

    if (command_argument_count() < 2) error stop 'usage: event_generator MODEL FOLDER [EVENTS [SEED]]'
    call get_command_argument(1, model_path)
    call get_command_argument(2, folder)
    n_events = 100000
    seed = 1
    if (command_argument_count() > 2) then
      call get_command_argument(3, number)
      read (number, *) n_events
    end if
    if (command_argument_count() > 3) then
      call get_command_argument(4, number)
      read (number, *) seed
    end if
    if (n_events < 1) error stop 'event_generator: EVENTS must be 1 or more'
  end subroutine read_arguments

  !> Draws the same events one at a time and in batches: equal to the last bit, and timed.
  subroutine compare_ways_of_drawing(n)
    integer, intent(in) :: n
    integer, parameter :: sizes(3) = [1, 64, batch]
    real(real64) :: first(4, 3, n), again(4, 3, n), start
    integer :: j, k

    write (output_unit, '(a)') 'Time per candidate, by the number asked for at a time:'
    do k = 1, size(sizes)
      call generator%set_batch(sizes(k))
      call generator%next(again(:, :, 1))  ! The first call of a size plans its memory.
      call generator%set_batch(sizes(k))
      start = seconds()
      do j = 1, n
        call generator%next(again(:, :, j))
      end do
      write (output_unit, '(i8, f12.2, a)') sizes(k), &
        1.0e6_real64 * (seconds() - start) / real(generator%candidates(), real64), ' us'
      if (k == 1) first = again
      if (any(abs(first - again) > 0.0_real64)) &
        error stop 'event_generator: the events depend on how many are drawn at a time'
    end do
  end subroutine compare_ways_of_drawing

  real(real64) function seconds()
    integer(int64) :: count, rate

    call system_clock(count, rate)
    seconds = real(count, real64) / real(rate, real64)
  end function seconds

end program event_generator
