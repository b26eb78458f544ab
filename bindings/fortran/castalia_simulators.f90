! castalia_surrogate: makes small the mean of an objective over the events of a simulator that has no
! derivatives, by a generative model of it near the present parameters (arXiv 2002.04632).
module castalia_simulators
  use, intrinsic :: iso_c_binding
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use castalia_c
  use castalia_data, only: castalia_dataset
  use castalia_densities, only: castalia_target
  use castalia_errors, only: settle, settle_text
  use castalia_handles, only: castalia_owner, release, share, surrogate_handle, take
  use castalia_models, only: castalia_model
  use castalia_settings, only: castalia_config
  use castalia_views, only: view
  implicit none
  private
  public :: castalia_surrogate_fields_json

  abstract interface
    ! Called with parameters and what events start from, x(input, event), without inputs where there are
    ! none. Simulates y(output, event); first_event is how many events were asked for before. With failed
    ! set to .true. the call that it came from ends with CASTALIA_CALLBACK_FAILED.
    subroutine castalia_simulator(parameters, x, first_event, y, failed)
      import :: int64, real64
      real(real64), intent(in) :: parameters(:), x(:, :)
      integer(int64), intent(in) :: first_event
      real(real64), intent(inout) :: y(:, :)
      logical, intent(inout) :: failed
    end subroutine castalia_simulator
  end interface
  public :: castalia_simulator

  type, public :: castalia_surrogate
    private
    type(castalia_owner), public :: owner
  contains
    generic :: assignment(=) => surrogate_assign
    procedure, private :: surrogate_assign
    procedure :: create => surrogate_create
    procedure :: advance => surrogate_advance
    procedure :: status => surrogate_status
    procedure :: describe => surrogate_describe
    procedure :: destroy => surrogate_destroy
  end type castalia_surrogate

contains

  ! Starts from the parameters `start`. The model has the simulator's outputs as features and as context the
  ! parameters followed by the inputs. Events start from those of `inputs`, drawn with replacement. The mean
  ! of `objective`, a target with a gradient, is made small, or else of the sum of an event's columns. The
  ! simulator is a procedure of a module, or of a program that outlives the surrogate.
  subroutine surrogate_create(self, model, start, simulator, training, options, inputs, objective, stat, &
      errmsg)
    class(castalia_surrogate), intent(inout) :: self
    type(castalia_model), intent(in) :: model
    real(real64), intent(in), target :: start(:)
    procedure(castalia_simulator) :: simulator
    type(castalia_config), intent(in), optional :: training, options
    type(castalia_dataset), intent(in), optional :: inputs
    type(castalia_target), intent(in), optional :: objective
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: first
    type(c_ptr) :: fields, settings, data, goal, user, handle
    integer(c_int) :: status

    fields = c_null_ptr
    settings = c_null_ptr
    data = c_null_ptr
    goal = c_null_ptr
    if (present(training)) fields = training%owner%handle
    if (present(options)) settings = options%owner%handle
    if (present(inputs)) data = inputs%owner%handle
    if (present(objective)) goal = objective%owner%handle
    call view(first, start)
    user = transfer(c_funloc(simulator), user)
    status = castalia_surrogate_create(model%owner%handle, fields, settings, first, data, goal, &
        c_funloc(simulator_trampoline), user, handle)
    if (status == CASTALIA_OK) call take(self%owner, handle, surrogate_handle)
    call settle(status, stat, errmsg)
  end subroutine surrogate_create

  function simulator_trampoline(parameters, at, rows, inputs, x, first_row, outputs, y, user) bind(C) &
      result(answer)
    integer(c_int64_t), value :: parameters, rows, inputs, first_row, outputs
    type(c_ptr), value :: at, x, y, user
    integer(c_int) :: answer
    procedure(castalia_simulator), pointer :: simulator
    real(c_double), pointer :: place(:), from(:, :), events(:, :)
    real(c_double), target :: nothing(1, 1)
    logical :: failed

    call c_f_procpointer(transfer(user, c_null_funptr), simulator)
    call c_f_pointer(at, place, [parameters])
    call c_f_pointer(y, events, [outputs, rows])
    from => nothing(1:0, :)
    if (inputs > 0) call c_f_pointer(x, from, [inputs, rows])
    failed = .false.
    call simulator(place, from, first_row, events, failed)
    answer = merge(1_c_int, 0_c_int, failed)
  end function simulator_trampoline

  ! Takes steps. After an error the next call goes on from there: what was simulated is kept.
  subroutine surrogate_advance(self, steps, stat, errmsg)
    class(castalia_surrogate), intent(in) :: self
    integer, intent(in) :: steps
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg

    call settle(castalia_surrogate_advance(self%owner%handle, int(steps, c_int64_t)), stat, errmsg)
  end subroutine surrogate_advance

  ! Steps and simulated events so far, the present parameters, and the simulated point with the least mean
  ! objective, which is NaN before the first.
  subroutine surrogate_status(self, step, simulated, parameters, best, objective, error, stat, errmsg)
    class(castalia_surrogate), intent(in) :: self
    integer(int64), intent(out), optional :: step, simulated
    real(real64), intent(inout), target, optional :: parameters(:), best(:)
    real(real64), intent(out), optional :: objective, error
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: present_ones, least

    if (present(parameters)) call view(present_ones, parameters)
    if (present(best)) call view(least, best)
    call settle(castalia_surrogate_status(self%owner%handle, step, simulated, present_ones, least, &
        objective, error), stat, errmsg)
  end subroutine surrogate_status

  ! Step, simulated events, parameters, the best point, the history and all points, as JSON.
  subroutine surrogate_describe(self, json, stat, errmsg)
    class(castalia_surrogate), intent(in) :: self
    character(len=:), allocatable, intent(out) :: json
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: text
    integer(c_int) :: status

    status = castalia_surrogate_describe(self%owner%handle, text)
    call settle_text(status, text, json, stat, errmsg)
  end subroutine surrogate_describe

  subroutine surrogate_destroy(self)
    class(castalia_surrogate), intent(inout) :: self

    call release(self%owner)
  end subroutine surrogate_destroy

  ! Both then hold the same object.
  impure elemental subroutine surrogate_assign(self, other)
    class(castalia_surrogate), intent(inout) :: self
    class(castalia_surrogate), intent(in) :: other

    call share(self%owner, other%owner)
  end subroutine surrogate_assign

  ! The options of a surrogate, as JSON.
  subroutine castalia_surrogate_fields_json(json, stat, errmsg)
    character(len=:), allocatable, intent(out) :: json
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: text
    integer(c_int) :: status

    status = castalia_surrogate_fields(text)
    call settle_text(status, text, json, stat, errmsg)
  end subroutine castalia_surrogate_fields_json

end module castalia_simulators
