! Does what the lines of a file say and prints what came of each; runner.py says more.
module bad_input
  use, intrinsic :: ieee_arithmetic, only: ieee_negative_inf, ieee_positive_inf, ieee_quiet_nan, &
      ieee_value
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use castalia
  implicit none
  private
  public :: run_line, draw

  character(len=*), parameter :: small = &
      '{"features": 2, "layers": 2, "hidden": 16, "hidden_layers": 1, "bins": 4}'
  character(len=1024) :: line

contains

  ! The value of a key of the line, or what stands for it where it is absent.
  function text(key, otherwise) result(value)
    character(len=*), intent(in) :: key, otherwise
    character(len=:), allocatable :: value
    integer :: first, length

    first = index(line, achar(9)//key//"=")
    if (first == 0) then
      value = otherwise
      return
    end if
    first = first + len(key) + 2
    length = index(line(first:), achar(9)) - 1
    if (length < 0) length = len_trim(line(first:))
    value = line(first:first + length - 1)
  end function text

  function has(key)
    character(len=*), intent(in) :: key
    logical :: has

    has = index(line, achar(9)//key//"=") > 0
  end function has

  function whole(key, otherwise) result(value)
    character(len=*), intent(in) :: key
    integer, intent(in) :: otherwise
    integer :: value

    value = otherwise
    if (has(key)) read (line(index(line, achar(9)//key//"=") + len(key) + 2:), *) value
  end function whole

  function number(key) result(value)
    character(len=*), intent(in) :: key
    real(real64) :: value

    select case (text(key, ""))
    case ("nan")
      value = ieee_value(value, ieee_quiet_nan)
    case ("inf")
      value = ieee_value(value, ieee_positive_inf)
    case default
      read (line(index(line, achar(9)//key//"=") + len(key) + 2:), *) value
    end select
  end function number

  ! Numbers that differ, one of them as the case wants it.
  subroutine make_x(rows, x)
    integer, intent(in) :: rows
    real(real64), allocatable, intent(out) :: x(:, :)

    allocate (x(whole("columns", 2), rows))
    if (size(x) > 0) call castalia_normal(x, 1_int64, 0_int64)
    if (has("constant")) x = number("constant")
    if (has("row")) x(whole("column", 0) + 1, whole("row", 0) + 1) = number("value")
  end subroutine make_x

  ! Unallocated, and so absent where it is passed on, for a case without a context.
  subroutine make_context(context)
    real(real64), allocatable, intent(out) :: context(:, :)

    if (.not. has("context_rows")) return
    allocate (context(whole("context_columns", 1), whole("context_rows", 1)))
    call castalia_normal(context, 2_int64, 0_int64)
    if (has("value")) context(1, 3) = number("value")
  end subroutine make_context

  subroutine make_dataset(dataset, stat, message)
    type(castalia_dataset), intent(inout) :: dataset
    integer, intent(out) :: stat
    character(len=*), intent(inout) :: message
    real(real64), allocatable :: x(:, :), context(:, :), weights(:)

    call make_x(whole("rows", 200), x)
    call make_context(context)
    if (has("weight") .or. has("weights")) then
      allocate (weights(size(x, 2)))
      weights = 1
      if (has("weights")) weights = number("weights")
      if (has("weight")) weights(4) = number("weight")
    end if
    call dataset%create(x, context, weights, stat=stat, errmsg=message)
  end subroutine make_dataset

  subroutine refuse(step, steps, loss, validation_loss, stop)
    integer(int64), intent(in) :: step, steps
    real(real64), intent(in) :: loss, validation_loss
    logical, intent(inout) :: stop

    stop = step <= steps .or. loss > validation_loss
  end subroutine refuse

  ! As the case's mode says.
  subroutine density(x, context, log_density, gradient, failed)
    real(real64), intent(in) :: x(:, :), context(:, :)
    real(real64), intent(inout) :: log_density(:), gradient(:, :)
    logical, intent(inout) :: failed

    failed = text("mode", "") == "fail" .or. size(context) > 0 .or. size(gradient) > 0
    log_density = -0.5_real64 * sum(x**2, dim=1)
    if (text("mode", "") == "nan") log_density(4) = ieee_value(x(1, 1), ieee_quiet_nan)
    if (text("mode", "") == "zero") log_density(4) = ieee_value(x(1, 1), ieee_negative_inf)
  end subroutine density

  subroutine fit_target(stat, message)
    integer, intent(out) :: stat
    character(len=*), intent(inout) :: message
    type(castalia_config) :: training
    type(castalia_model) :: model
    type(castalia_target) :: target

    call model%create("coupling_flow", json=small)
    call training%create('{"steps": 5, "batch": 64, "objective": "reverse_kl"}')
    call training%set_json(text("training", "{}"))
    call target%create(2, density)
    call model%fit_target(target, training=training, stat=stat, errmsg=message)
  end subroutine fit_target

  ! Trains a model in one of four ways, each of which the library refuses.
  subroutine train(operation, stat, message)
    character(len=*), intent(in) :: operation
    integer, intent(out) :: stat
    character(len=*), intent(inout) :: message
    type(castalia_model) :: model
    type(castalia_dataset) :: dataset
    type(castalia_config) :: training
    type(castalia_sampler) :: sampler
    type(castalia_trainer) :: trainer, second

    if (operation == "fit") then
      call model%create("coupling_flow", json=small)
    else
      call model%load("flow.safetensors")
    end if
    call make_dataset(dataset, stat, message)
    call training%create('{"steps": 5, "batch": 64}')
    call training%set_json(text("training", "{}"))
    if (stat /= CASTALIA_OK) return
    select case (operation)
    case ("fit_in_use")
      call sampler%create(model, 1)
      call model%fit(dataset, training, stat=stat, errmsg=message)
    case ("two_trainers")
      call trainer%create(model, dataset, training)
      call second%create(model, dataset, training, stat, message)
    case ("fit_callback")
      call model%fit(dataset, training, refuse, stat, message)
    case default
      call model%fit(dataset, training, stat=stat, errmsg=message)
    end select
  end subroutine train

  subroutine use_model(operation, stat, message)
    character(len=*), intent(in) :: operation
    integer, intent(out) :: stat
    character(len=*), intent(inout) :: message
    type(castalia_model) :: model
    type(castalia_sampler) :: sampler
    real(real64), allocatable :: x(:, :), context(:, :)
    real(real64) :: densities(4), one(2, 1)

    if (operation == "sample_untrained") then
      call model%create("coupling_flow", json=small)
      call model%sample(one, 1, stat=stat, errmsg=message)
      return
    end if
    call model%load(text("model", "flow")//".safetensors")
    select case (operation)
    case ("sample")
      allocate (x(whole("columns", 2), 4))
      call make_context(context)
      call model%sample(x, 1, int(whole("first_event", 0), int64), context, stat, message)
    case ("seek")
      call sampler%create(model, 1)
      call sampler%seek(int(whole("event", 0), int64), stat, message)
    case ("log_prob")
      call make_x(4, x)
      call model%log_prob(x, densities, stat=stat, errmsg=message)
    case ("save")
      call model%save(text("path", ""), stat, message)
    case default
      call sampler%create(model, 1)
      if (text("object", "") == "model") then
        call model%destroy()
        call model%sample(one, 1, stat=stat, errmsg=message)
      else
        call sampler%destroy()
        call sampler%next(one, stat=stat, errmsg=message)
      end if
    end select
  end subroutine use_model

  ! Events beside those of the case.
  subroutine make_reference(reference)
    type(castalia_dataset), intent(inout) :: reference
    real(real64), allocatable :: x(:, :)

    allocate (x(whole("reference_columns", 2), 200))
    call castalia_normal(x, 3_int64, 0_int64)
    call reference%create(x)
  end subroutine make_reference

  ! Asks the referee about the events of the case.
  subroutine ask_referee(operation, stat, message)
    character(len=*), intent(in) :: operation
    integer, intent(out) :: stat
    character(len=*), intent(inout) :: message
    type(castalia_model) :: model
    type(castalia_dataset) :: dataset, reference, made
    type(castalia_config) :: options
    character(len=:), allocatable :: json
    real(real64) :: weights(4)

    call make_dataset(dataset, stat, message)
    if (stat /= CASTALIA_OK) return
    call make_reference(reference)
    call options%create(text("options", "{}"))
    call model%load(text("model", "flow")//".safetensors")
    if (has("operation")) then
      if (operation == "encode") then
        call model%destroy()
      else
        call dataset%destroy()
      end if
    end if
    select case (operation)
    case ("evaluate")
      call castalia_evaluate(text("metric", "mmd"), dataset, reference, options=options, stat=stat, errmsg=message)
    case ("observe")
      call made%observe(dataset, text("set", "kinematics"), options, stat=stat, errmsg=message)
    case ("describe")
      call dataset%describe(json, stat, message)
    case ("encode")
      call model%encode(dataset, made, stat, message)
    case default
      call dataset%read_weights(weights, int(whole("first", 0), int64), stat, message)
    end select
  end subroutine ask_referee

  subroutine write_event(stat, message)
    integer, intent(out) :: stat
    character(len=*), intent(inout) :: message
    type(castalia_event_writer) :: writer
    real(real64) :: momenta(4, 4)

    momenta = reshape(real([50, 0, 0, 50, 50, 0, 0, -50, 0, 50, 0, 0, 50, -50, 0, 0], real64), [4, 4])
    momenta(1, 3) = number("energy")
    call writer%create("event.lhe", "lhe")
    call writer%write([2, -2, 13, -13], [-1, -1, 1, 1], reshape([0, 0, 0, 0, 1, 2, 1, 2], [2, 4]), momenta, &
        [0.0_real64, 0.0_real64, 0.0_real64, 0.0_real64], stat=stat, errmsg=message)
  end subroutine write_event

  subroutine operate(operation, stat, message)
    character(len=*), intent(in) :: operation
    integer, intent(out) :: stat
    character(len=*), intent(inout) :: message
    type(castalia_model) :: model
    type(castalia_context) :: settings
    type(castalia_target) :: target
    type(castalia_dataset) :: dataset
    type(castalia_event_writer) :: writer
    real(real64) :: x(1, 1)

    select case (operation)
    case ("create")
      call model%create(text("architecture", ""), json=text("json", "{}"), stat=stat, errmsg=message)
    case ("load")
      call model%load(text("path", ""), stat=stat, errmsg=message)
    case ("threads")
      call settings%create()
      call settings%set_threads(sampling=whole("threads", 1), stat=stat, errmsg=message)
    case ("device")
      call settings%create()
      call settings%set_device(text("device", "cpu"), stat, message)
    case ("dataset")
      call make_dataset(dataset, stat, message)
    case ("dataset_open")
      call dataset%open(text("path", ""), text("x", ""), stat=stat, errmsg=message)
    case ("fit", "fit_in_use", "two_trainers", "fit_callback")
      call train(operation, stat, message)
    case ("fit_target")
      call fit_target(stat, message)
    case ("target")
      call target%create(text("target", ""), stat=stat, errmsg=message)
    case ("evaluate", "observe", "encode", "weights")
      call ask_referee(operation, stat, message)
    case ("stale")
      call ask_referee(text("operation", ""), stat, message)
    case ("uniform")
      call castalia_uniform(x, 1_int64, 0_int64, whole("stage", 0), stat, message)
    case ("event_file")
      call writer%create(text("path", ""), text("format", ""), stat=stat, errmsg=message)
    case ("event")
      call write_event(stat, message)
    case default
      call use_model(operation, stat, message)
    end select
  end subroutine operate

  subroutine run_line(given)
    character(len=*), intent(in) :: given
    character(len=:), allocatable :: name, operation
    character(len=1024) :: message
    integer :: first, second, stat

    line = given
    first = index(line, achar(9))
    second = index(line(first + 1:), achar(9))
    name = line(:first - 1)
    operation = trim(line(first + 1:))
    if (second > 0) operation = line(first + 1:first + second - 1)
    message = ""
    call operate(operation, stat, message)
    print "(5a)", name, achar(9), status_name(stat), achar(9), trim(message)
  end subroutine run_line

  function status_name(stat) result(name)
    integer, intent(in) :: stat
    character(len=:), allocatable :: name

    select case (stat)
    case (CASTALIA_OK)
      name = "OK"
    case (CASTALIA_INVALID_ARGUMENT)
      name = "INVALID_ARGUMENT"
    case (CASTALIA_INVALID_HANDLE)
      name = "INVALID_HANDLE"
    case (CASTALIA_NOT_FOUND)
      name = "NOT_FOUND"
    case (CASTALIA_OUT_OF_RANGE)
      name = "OUT_OF_RANGE"
    case (CASTALIA_SHAPE_MISMATCH)
      name = "SHAPE_MISMATCH"
    case (CASTALIA_NOT_FINITE)
      name = "NOT_FINITE"
    case (CASTALIA_EMPTY_DATA)
      name = "EMPTY_DATA"
    case (CASTALIA_IO_ERROR)
      name = "IO_ERROR"
    case (CASTALIA_CORRUPT_FILE)
      name = "CORRUPT_FILE"
    case (CASTALIA_NEWER_VERSION)
      name = "NEWER_VERSION"
    case (CASTALIA_BUSY)
      name = "BUSY"
    case (CASTALIA_CANCELLED)
      name = "CANCELLED"
    case (CASTALIA_CALLBACK_FAILED)
      name = "CALLBACK_FAILED"
    case (CASTALIA_NUMERICAL)
      name = "NUMERICAL"
    case (CASTALIA_DEVICE_UNAVAILABLE)
      name = "DEVICE_UNAVAILABLE"
    case default
      name = "ANOTHER"
    end select
  end function status_name

  subroutine draw(model, x)
    type(castalia_model), intent(in) :: model
    real(real64), intent(out) :: x(:, :)

    call model%sample(x, 1)
  end subroutine draw

end module bad_input

program runner
  use, intrinsic :: iso_fortran_env, only: real64
  use bad_input
  use castalia, only: castalia_model
  implicit none
  type(castalia_model) :: model
  real(real64) :: before(2, 4), after(2, 4)
  character(len=1024) :: path, line
  integer :: unit, end

  call get_command_argument(1, path)
  call model%load("flow.safetensors")
  call draw(model, before)
  open (newunit=unit, file=path, action="read")
  do
    read (unit, "(a)", iostat=end) line
    if (end /= 0) exit
    call run_line(line)
  end do
  close (unit)
  call draw(model, after)
  print "(4a)", "alive", achar(9), trim(merge("OK     ", "CHANGED", all(abs(after - before) <= 0))), achar(9)
end program runner
