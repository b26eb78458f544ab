!> Trains and samples in a program that traps invalid operations, divisions by zero and overflows.
program fortran_traps_test
  use, intrinsic :: iso_fortran_env, only: int64, real32, real64
  use, intrinsic :: ieee_exceptions, only: ieee_get_halting_mode, ieee_divide_by_zero, ieee_invalid, ieee_overflow
  use castalia
  implicit none
  integer, parameter :: features = 3, events = 1500, draws = 500
  type(castalia_model) :: model
  type(castalia_sampler) :: sampler
  type(castalia_config) :: fields, training
  real(real64) :: data(features, events), x(features, draws), one(features), again(features, draws)
  real(real32) :: narrow(features, draws)
  real(real64) :: density(draws)
  integer :: i, stat
  character(len=200) :: message

  call require(all_traps_set(), 'the program is not built with -ffpe-trap')

  call castalia_normal(data, seed=1_int64, event=0_int64)
  data(2, :) = data(1, :)**2 + 0.2_real64 * data(2, :)

  call fields%set('features', features)
  call fields%set('layers', 4)
  call fields%set('hidden', 32)
  call model%create('coupling_flow', fields)
  call training%set('steps', 30)
  call training%set('batch', 256)
  call model%fit(data, training=training)
  call require(all_traps_set(), 'fit has changed the traps')

  call model%sample(x, seed=4)
  call model%sample(narrow, seed=4)
  call require(all(narrow == real(x, real32)), 'the events in real32 differ')
  call sampler%create(model, seed=4)
  do i = 1, draws
    call sampler%next(one)
    again(:, i) = one
  end do
  call require(all(again == x), 'the sampler draws other events')
  call model%log_prob(x, density)
  call require(all(density > -100 .and. density < 100), 'the densities make no sense')
  call sampler%destroy()

  ! An overflow inside a training is an error and not a trap.
  call training%set('learning_rate', 1e3_real64)
  call training%set('weight_decay', 1e3_real64)
  call training%set('schedule', 'constant')
  call training%set('steps', 300)
  call model%fit(data, training=training, stat=stat, errmsg=message)
  call require(stat == CASTALIA_NUMERICAL, 'a wild training gives: '//trim(message))
  call require(all_traps_set(), 'a failed fit has changed the traps')
  call model%destroy()

contains

  subroutine require(fact, message)
    logical, intent(in) :: fact
    character(len=*), intent(in) :: message

    if (.not. fact) error stop message
  end subroutine require

  function all_traps_set() result(set)
    logical :: set, invalid, zero, overflow

    call ieee_get_halting_mode(ieee_invalid, invalid)
    call ieee_get_halting_mode(ieee_divide_by_zero, zero)
    call ieee_get_halting_mode(ieee_overflow, overflow)
    set = invalid .and. zero .and. overflow
  end function all_traps_set
end program fortran_traps_test
