! What a Fortran program sees of Castalia. Prints one line a check that fails, then the counts; ends with
! status 1 when a check failed.
module castalia_checks
  use, intrinsic :: iso_fortran_env, only: int64, output_unit, real32, real64
  use castalia
  implicit none
  private
  public :: run_all

  integer :: passed = 0, failed = 0, calls = 0
  character(len=:), allocatable :: logged

  type :: holder
    type(castalia_model) :: model
    type(castalia_sampler) :: sampler
  end type holder

contains

  subroutine run_all()
    type(castalia_model) :: model
    real(real64) :: x(2, 1000), context(1, 1000)

    call make_data(x, context)
    call train(model, x)
    call check_sampling(model)
    call check_density(model, x)
    call check_context(x, context)
    call check_sharing(model)
    call check_training(x)
    call check_scores(x)
    call check_files(model, x)
    call check_errors(model)
    call check_random_numbers()
    call check_referee()
    print "(i0, a, i0, a)", passed, " passed, ", failed, " failed"
    flush (output_unit)
    if (failed > 0) error stop 1
  end subroutine run_all

  subroutine check(condition, what)
    logical, intent(in) :: condition
    character(len=*), intent(in) :: what

    if (condition) then
      passed = passed + 1
    else
      failed = failed + 1
      print "(2a)", "failed: ", what
    end if
  end subroutine check

  subroutine make_data(x, context)
    real(real64), intent(out) :: x(:, :), context(:, :)
    real(real64) :: noise(2, size(x, 2))

    call castalia_normal(context, 1_int64, 0_int64, stage=1)
    call castalia_normal(noise, 1_int64, 0_int64, stage=2)
    x(1, :) = noise(1, :) + context(1, :)
    x(2, :) = 0.5_real64 * x(1, :) + 0.3_real64 * noise(2, :)
  end subroutine make_data

  subroutine short_training(training)
    type(castalia_config), intent(inout) :: training

    call training%set("steps", 40)
    call training%set("batch", 128_int64)
    call training%set("validation", 0.2_real64)
  end subroutine short_training

  subroutine small(fields)
    type(castalia_config), intent(inout) :: fields

    call fields%set_json('{"layers": 2, "hidden": 16, "hidden_layers": 1, "bins": 4}')
    call fields%set("features", 2)
  end subroutine small

  subroutine train(model, x)
    type(castalia_model), intent(inout) :: model
    real(real64), intent(in) :: x(:, :)
    type(castalia_config) :: fields, training

    call small(fields)
    call short_training(training)
    call model%create("coupling_flow", fields)
    call model%fit(x, training=training)
  end subroutine train

  subroutine check_sampling(model)
    type(castalia_model), intent(in) :: model
    type(castalia_sampler) :: sampler
    real(real32) :: whole(2, 20), part(2, 5), one(2)
    real(real64) :: double(2, 20), room(5, 40)
    integer(int64) :: event

    call model%sample(whole, seed=3)
    call model%sample(part, seed=3_int64, first_event=15_int64)
    call check(all(same(part, whole(:, 16:20))), "an event is the same in any range")
    call sampler%create(model, 3)
    call sampler%next(part)
    call check(all(same(part, whole(:, 1:5))), "a sampler begins with event 0")
    call sampler%next(one)
    call check(all(same(one, whole(:, 6))), "one event of rank 1")
    call sampler%tell(event)
    call check(event == 6, "the sampler knows the next event")
    call sampler%seek(1_int64)
    call sampler%next(one)
    call check(all(same(one, whole(:, 2))), "seek goes back")

    call model%sample(double, seed=3)
    room = -1
    call model%sample(room(1:3:2, 40:1:-2), seed=3)
    call check(maxval(abs(room(1:3:2, 40:1:-2) - double)) <= 0, "a section is filled where it lies")
    call check(all(room(2, :) < 0 .and. room(2, :) > -2), "nothing else is touched")
    call check(maxval(abs(double - whole)) < 1e-5, "both kinds give the same events")
  end subroutine check_sampling

  elemental function same(a, b)
    real(real32), intent(in) :: a, b
    logical :: same

    same = abs(a - b) <= 0
  end function same

  subroutine check_density(model, x)
    type(castalia_model), intent(in) :: model
    real(real64), intent(in) :: x(:, :)
    type(castalia_model) :: exact
    real(real64) :: z(2, size(x, 2)), back(2, size(x, 2)), log_det(size(x, 2)), density(size(x, 2))
    real(real64), parameter :: log_two_pi = 1.8378770664093453_real64

    call model%convert(CASTALIA_FLOAT64, exact)
    call exact%transform(x, z, log_det)
    call exact%inverse(z, back)
    call check(maxval(abs(back - x)) < 1e-9_real64, "the inverse undoes the map")
    call exact%log_prob(x, density)
    call check(maxval(abs(density - (log_det - 0.5_real64 * sum(z**2, dim=1) - log_two_pi))) < 1e-9_real64, &
        "the density follows from the map")
  end subroutine check_density

  subroutine check_context(x, context)
    real(real64), intent(in) :: x(:, :), context(:, :)
    type(castalia_model) :: model
    type(castalia_config) :: fields, training
    real(real64) :: low(2, 100), high(2, 100), given(1, 100)
    character(len=200) :: message
    integer :: stat

    call small(fields)
    call fields%set("context_features", 1)
    call short_training(training)
    call model%create("coupling_flow", fields)
    call model%fit(x, context=context, training=training)
    given = -2
    call model%sample(low, 1, context=given)
    given = 2
    call model%sample(high, 1, context=given)
    call check(sum(high(1, :)) > sum(low(1, :)), "the context changes the events")
    call model%sample(low, 1, stat=stat, errmsg=message)
    call check(stat /= CASTALIA_OK .and. index(message, "context") > 0, "a missing context is named")
  end subroutine check_context

  subroutine check_sharing(model)
    type(castalia_model), intent(in) :: model
    type(castalia_model) :: other
    type(castalia_model), allocatable :: many(:)
    type(holder) :: first, second
    real(real32) :: x(2, 3), y(2, 3)

    call model%sample(x, 1)
    other = model
    other = other
    first%model = other
    call first%sampler%create(other, 1)
    call other%destroy()
    second%model = first%model
    second%sampler = first%sampler
    call first%model%destroy()
    call first%sampler%destroy()
    call second%sampler%next(y)
    call check(all(same(x, y)), "an object lives as long as its last variable")
    allocate (many(3))
    many(2) = second%model
    many(1:1) = many(2:2)
    deallocate (many)
    call model%sample(y, 1)
    call check(all(same(x, y)), "the end of a copy leaves the others")
  end subroutine check_sharing

  subroutine check_training(x)
    real(real64), intent(in) :: x(:, :)
    type(castalia_model) :: model
    type(castalia_dataset) :: dataset
    type(castalia_trainer) :: trainer
    type(castalia_config) :: fields, training
    type(castalia_context) :: settings
    character(len=:), allocatable :: history
    character(len=200) :: message
    integer(int64) :: step, steps, events, features
    real(real64) :: loss, events_drawn(2, 2)
    logical :: finished
    integer :: stat

    call settings%create()
    call settings%set_threads(sampling=1, training=2)
    call settings%set_log(take_line)
    call small(fields)
    call short_training(training)
    call model%create("coupling_flow", fields, settings=settings)
    calls = 0
    call model%fit(x, training=training, progress=count_calls)
    call check(calls > 0, "the callback was called")
    call model%fit(x, training=training, progress=refuse, stat=stat, errmsg=message)
    call check(stat == CASTALIA_CANCELLED, "a callback ends training")

    call dataset%create(x)
    call dataset%get_shape(events, features)
    call check(events == 1000 .and. features == 2, "the shape of a data set")
    call trainer%create(model, dataset, training)
    call model%fit(dataset, training, stat=stat)
    call check(stat == CASTALIA_BUSY, "a model in training is busy")
    finished = .false.
    do while (.not. finished)
      call trainer%advance(15)
      call trainer%status(step, steps, loss, finished=finished)
    end do
    call check(step == 40 .and. steps == 40 .and. abs(loss) < 1e3_real64, "the trainer takes its steps")
    call trainer%history(history)
    call check(index(history, "loss") > 0, "the history has the loss")
    call trainer%finish()
    call trainer%destroy()
    call model%sample(events_drawn, 1, stat=stat)
    call check(stat == CASTALIA_OK, "a finished model may be used")
  end subroutine check_training

  subroutine take_line(level, message)
    integer, intent(in) :: level
    character(len=*), intent(in) :: message

    if (level >= 0) logged = message
  end subroutine take_line

  subroutine count_calls(step, steps, loss, validation_loss, stop)
    integer(int64), intent(in) :: step, steps
    real(real64), intent(in) :: loss, validation_loss
    logical, intent(inout) :: stop

    calls = calls + 1
    ! A loss may be NaN before the first validation; a step never lies behind the last.
    stop = step > steps .or. (loss > 1e30_real64 .and. validation_loss > 1e30_real64)
  end subroutine count_calls

  subroutine refuse(step, steps, loss, validation_loss, stop)
    integer(int64), intent(in) :: step, steps
    real(real64), intent(in) :: loss, validation_loss
    logical, intent(inout) :: stop

    stop = step >= 1 .and. steps >= 1 .and. loss < 1e30_real64 .and. .not. validation_loss > 1e30_real64
  end subroutine refuse

  ! A classifier, and a simulator that fails once.
  subroutine check_scores(x)
    real(real64), intent(in) :: x(:, :)
    type(castalia_config) :: training
    type(castalia_dataset) :: events
    type(castalia_model) :: model
    type(castalia_surrogate) :: search
    real(real64) :: told(2, size(x, 2)), response(size(x, 2)), best(1), objective
    real(real32) :: rounded(size(x, 2))
    character(len=:), allocatable :: json
    integer(int64) :: step, simulated
    integer :: stat

    call castalia_normal(told, 3_int64, 0_int64)
    told(1, :) = merge(1, 0, x(1, :) > 0)
    call events%create(x, told)
    call model%create("pivot", json='{"features": 2, "hidden": 8, "adversary_hidden": 8}')
    call training%create('{"steps": 60, "batch": 64, "learning_rate": 0.01}')
    call model%fit(events, training)
    call model%score(x, response)
    call check(all(response >= 0 .and. response <= 1), "responses lie between 0 and 1")
    call check(sum(response * told(1, :)) / sum(told(1, :)) > sum(response) / size(response), &
        "and are larger for signal")
    call model%score(real(x, real32), rounded)
    call check(maxval(abs(rounded - response)) < 1e-3, "in either precision")

    calls = 0
    call model%create("gan", json='{"features": 1, "context_features": 1, "generator_hidden": 8}')
    call training%create('{"steps": 3, "batch": 32, "validation": 0}')
    call search%create(model, [1.0_real64], fails_once, training=training)
    call search%advance(1, stat=stat)
    call check(stat == CASTALIA_CALLBACK_FAILED, "a simulator that fails ends the call")
    call search%status(step, simulated, best=best, objective=objective)
    call check(step == 0 .and. simulated == 2 * 128, "what was simulated before is kept")
    call check(best(1) <= 1.2_real64 .and. abs(objective - best(1)) < 1e-12_real64, "and can be read")
    call search%advance(1)
    call search%describe(json)
    call check(index(json, '"history"') > 0 .and. calls == 17, "the next call goes on from there")
    call castalia_surrogate_fields_json(json)
    call check(index(json, '"moves"') > 0, "options of surrogates are listed")
  end subroutine check_scores

  subroutine fails_once(parameters, x, first_event, y, failed)
    real(real64), intent(in) :: parameters(:), x(:, :)
    integer(int64), intent(in) :: first_event
    real(real64), intent(inout) :: y(:, :)
    logical, intent(inout) :: failed

    calls = calls + 1
    failed = calls == 3 .or. size(x) > 0 .or. first_event < 0
    y = parameters(1)
  end subroutine fails_once

  subroutine check_files(model, x)
    type(castalia_model), intent(in) :: model
    real(real64), intent(in) :: x(:, :)
    type(castalia_model) :: loaded, other
    type(castalia_event_writer) :: writer
    type(castalia_config) :: beams
    real(real32) :: a(2, 4), b(2, 4)
    real(real64) :: back(2, 10)
    integer(int64), allocatable :: extents(:)
    character(len=:), allocatable :: folder, description
    integer :: stat
    logical :: there

    folder = temporary_folder()
    call model%save(folder//"fortran_test.safetensors")
    call loaded%load(folder//"fortran_test.safetensors")
    call model%sample(a, 1)
    call loaded%sample(b, 1)
    call check(all(same(a, b)), "a model comes back from its file")
    call loaded%load(folder//"fortran_test.safetensors", products="bfloat16_emulated")
    call loaded%sample(b, 1)
    call check(.not. all(same(a, b)), "products read rounded operands when they are told to")
    call other%load(folder//"fortran_test.safetensors", products="tf32", stat=stat)
    call check(stat == CASTALIA_DEVICE_UNAVAILABLE, "a processor has no products in tf32")
    call loaded%describe(description)
    call check(index(description, "coupling_flow") > 0, "a model describes itself")

    call castalia_hdf5_write(folder//"fortran_test.h5", "x", x, replace=.true.)
    call castalia_hdf5_shape(folder//"fortran_test.h5", "x", extents)
    call check(all(extents == [2_int64, 1000_int64]), "extents of a data set come in Fortran's order")
    call castalia_hdf5_read(folder//"fortran_test.h5", "x", back, first=990_int64)
    call check(maxval(abs(back - x(:, 991:1000))) <= 0, "rows come back from HDF5")

    call beams%set("energy", 6500.0)
    call writer%create(folder//"fortran_test.lhe", "lhe", beams)
    call writer%write([2, -2, 23, 13, -13], [-1, -1, 2, 1, 1], &
        reshape([0, 0, 0, 0, 1, 2, 3, 3, 3, 3], [2, 5]), &
        reshape(real([50, 0, 0, 50, 50, 0, 0, -50, 100, 0, 0, 0, 50, 50, 0, 0, 50, -50, 0, 0], real64), &
        [4, 5]), real([0, 0, 100, 0, 0], real64))
    call writer%close()
    inquire (file=folder//"fortran_test.lhe", exist=there)
    call check(there, "an event file appears when it is closed")
  end subroutine check_files

  ! With a slash at its end.
  function temporary_folder() result(folder)
    character(len=:), allocatable :: folder
    character(len=512) :: value
    integer :: status

    call get_environment_variable("TEST_TMPDIR", value, status=status)
    folder = "/tmp/"
    if (status == 0) folder = trim(value)//"/"
  end function temporary_folder

  subroutine check_errors(model)
    type(castalia_model), intent(in) :: model
    type(castalia_model) :: other
    type(castalia_config) :: fields
    real(real64) :: x(3, 2)
    character(len=200) :: message
    integer :: stat

    call other%create("coupling_flw", stat=stat, errmsg=message)
    call check(stat == CASTALIA_NOT_FOUND .and. index(message, "coupling_flow") > 0, &
        "an unknown architecture gives the nearest name")
    call fields%set("features", "two")
    call other%create("coupling_flow", fields, stat=stat, errmsg=message)
    call check(stat == CASTALIA_INVALID_ARGUMENT .and. index(message, "features") > 0, &
        "a wrong type names the field")
    call model%sample(x, 1, stat=stat)
    call check(stat == CASTALIA_SHAPE_MISMATCH, "a wrong shape")
    call other%load("/no/such/file", stat=stat, errmsg=message)
    call check(stat == CASTALIA_IO_ERROR .and. index(message, "/no/such/file") > 0, "a missing file is named")
    message = "kept"
    call model%sample(x(1:2, :), 1, stat=stat, errmsg=message)
    call check(stat == CASTALIA_OK .and. message == "kept", "success leaves errmsg alone")
  end subroutine check_errors

  subroutine check_random_numbers()
    real(real64) :: whole(3, 10), part(3, 4), one(3)

    call castalia_uniform(whole, 1_int64, 0_int64, stage=2)
    call castalia_uniform(part, 1_int64, 6_int64, stage=2)
    call castalia_uniform(one, 1_int64, 4_int64, stage=2)
    call check(all(whole > 0 .and. whole < 1), "uniform numbers lie in (0, 1)")
    call check(maxval(abs(part - whole(:, 7:10))) <= 0 .and. maxval(abs(one - whole(:, 5))) <= 0, &
        "a number belongs to its event")
  end subroutine check_random_numbers

  subroutine check_referee()
    type(castalia_dataset) :: reference, same, moved, events, observed, latent
    type(castalia_config) :: options
    type(castalia_model) :: model
    real(real64) :: x(3, 400), z(3, 400), found(3, 400), weights(400), momenta(8, 2)
    real(real64) :: value, error, equal, spread, far
    character(len=:), allocatable :: json, report
    character(len=200) :: message
    integer(int64) :: rows, columns
    integer :: stat

    call castalia_normal(x, 5_int64, 0_int64)
    call reference%create(x)
    call castalia_normal(x, 6_int64, 0_int64)
    call same%create(x)
    call moved%create(x + 1)
    call castalia_evaluate("mmd", same, reference, value, error, equal, spread, report, seed=1_int64)
    call castalia_evaluate("mmd", moved, reference, far, seed=1_int64)
    call check(abs(value - equal) < 4 * spread .and. error > 0, "equal samples are not told apart")
    call check(far - equal > 10 * spread, "a moved sample is")
    call check(index(report, '"figures"') > 0, "the report holds all figures")
    call castalia_transformers_json(json)
    call check(index(json, '"deep_sigmoid"') > 0, "transformers are listed")
    call castalia_adversarial_json(json)
    call check(index(json, '"gradient_penalty"') > 0, "regularisers are listed")
    call castalia_bijections_json(json)
    call check(index(json, '"sylvester"') > 0, "bijections are listed")
    call castalia_targets_json(json)
    call check(index(json, '"camel"') > 0, "targets are listed")
    call castalia_metrics(json)
    call check(index(json, '"kolmogorov_smirnov"') > 0, "metrics are listed")
    call castalia_observable_sets(json)
    call check(index(json, '"kinematics"') > 0, "observables are listed")
    call castalia_evaluate("mdd", same, reference, value, stat=stat, errmsg=message)
    call check(stat == CASTALIA_NOT_FOUND .and. index(message, "mmd") > 0, "an unknown metric gives the nearest")
    call options%set("no_such_field", 1)
    call castalia_evaluate("mmd", same, reference, value, options=options, stat=stat)
    call check(stat == CASTALIA_NOT_FOUND, "an unknown field of a metric")

    call model%create("coupling_flow", json='{"features": 3, "layers": 2, "hidden": 16, "bins": 4}')
    call options%create('{"steps": 5, "batch": 64}')
    call castalia_normal(x, 5_int64, 0_int64)
    weights = [(real(stat, real64), stat=1, 400)]
    call reference%create(x, weights=weights)
    call model%fit(reference, options)
    call model%encode(reference, latent)
    call model%transform(x, z)
    call latent%read(found)
    call check(maxval(abs(found - z)) <= 0, "a data set in latent space is its events there")
    call latent%read_weights(weights(:3), 7_int64)
    call check(maxval(abs(weights(:3) - [8, 9, 10])) <= 0, "and keeps their weights")
    call castalia_evaluate("frechet_distance", latent, reference, value)
    call check(value > 0, "metrics take features")

    momenta = 0
    momenta(1:4, :) = reshape([5, 3, 0, 4, 10, 0, 6, 8], [4, 2])
    momenta(5:8, :) = reshape([5, -3, 0, 4, 5, 0, -3, -4], [4, 2])
    call events%create(momenta)
    call observed%observe(events, "kinematics")
    call observed%get_shape(rows, columns)
    call check(rows == 2 .and. columns > 8, "observables of every event")
    call observed%describe(json)
    call check(index(json, '_mass"') > 0, "columns have names")
  end subroutine check_referee

end module castalia_checks

program castalia_test
  use castalia_checks, only: run_all
  implicit none

  call run_all()
end program castalia_test
