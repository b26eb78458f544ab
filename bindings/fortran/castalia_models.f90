! castalia_model: a generative model, trained or to be trained.
!
! Arrays are (feature, event). Seeds are of any bits: an integer(int32) or integer(int64). Events are numbered
! from 0 by integer(int64).
module castalia_models
  use, intrinsic :: iso_c_binding
  use, intrinsic :: iso_fortran_env, only: int32, int64, real32, real64
  use castalia_c
  use castalia_data, only: castalia_dataset
  use castalia_errors, only: c_text, settle, settle_text, text_of
  use castalia_handles, only: castalia_owner, config_handle, dataset_handle, model_handle, release, share, take
  use castalia_settings, only: castalia_config, castalia_context
  use castalia_densities, only: castalia_target
  use castalia_views, only: view, view_event
  implicit none
  private

  abstract interface
    ! Called during training with the step (from 1), the steps planned, the mean loss since the last call
    ! and the last validation loss (NaN before the first). With stop set to .true. training ends
    ! with CASTALIA_CANCELLED and the model keeps the weights it had.
    subroutine castalia_progress(step, steps, loss, validation_loss, stop)
      import :: int64, real64
      integer(int64), intent(in) :: step, steps
      real(real64), intent(in) :: loss, validation_loss
      logical, intent(inout) :: stop
    end subroutine castalia_progress
  end interface
  public :: castalia_progress

  type, public :: castalia_model
    private
    type(castalia_owner), public :: owner
  contains
    generic :: assignment(=) => model_assign
    procedure, private :: model_assign
    procedure :: create => model_create
    generic :: fit => fit_dataset, fit_real32, fit_real64
    generic :: sample => sample_real32_seed32, sample_real32_seed64, sample_real64_seed32, &
        sample_real64_seed64
    generic :: log_prob => log_prob_real32, log_prob_real64
    generic :: score => score_real32, score_real64
    generic :: transform => transform_real32, transform_real64
    generic :: inverse => inverse_real32, inverse_real64
    generic :: get_parameters => get_parameters_real32, get_parameters_real64
    generic :: set_parameters => set_parameters_real32, set_parameters_real64
    procedure :: fit_target => model_fit_target
    procedure :: weigh => model_weigh
    procedure :: encode => model_encode
    procedure :: save => model_save, export => model_export, load => model_load
    procedure :: convert => model_convert
    procedure :: get_shape => model_shape, describe => model_describe
    procedure :: destroy => model_destroy
    procedure, private :: fit_dataset, fit_real32, fit_real64
    procedure, private :: sample_real32_seed32, sample_real32_seed64
    procedure, private :: sample_real64_seed32, sample_real64_seed64
    procedure, private :: log_prob_real32, log_prob_real64, score_real32, score_real64
    procedure, private :: transform_real32, transform_real64, inverse_real32, inverse_real64
    procedure, private :: get_parameters_real32, get_parameters_real64
    procedure, private :: set_parameters_real32, set_parameters_real64
  end type castalia_model

contains

  ! A model with untrained weights. The fields of the architecture come from a configuration, from JSON text,
  ! or from both, where JSON wins.
  subroutine model_create(self, architecture, config, json, settings, stat, errmsg)
    class(castalia_model), intent(inout) :: self
    character(len=*), intent(in) :: architecture
    type(castalia_config), intent(in), optional :: config
    character(len=*), intent(in), optional :: json
    type(castalia_context), intent(in), optional :: settings
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_config) :: fields
    character(len=:), allocatable :: given
    type(c_ptr) :: handle, text, with
    integer(c_int) :: status

    with = c_null_ptr
    if (present(settings)) with = settings%owner%handle
    status = castalia_config_create(handle)
    if (status == CASTALIA_OK) then
      call take(fields%owner, handle, config_handle)
      if (present(config)) then
        if (c_associated(config%owner%handle)) then
          status = castalia_config_json(config%owner%handle, text)
          if (status == CASTALIA_OK) then
            given = text_of(text)
            status = castalia_config_set_json(fields%owner%handle, c_text(given))
          end if
        end if
      end if
    end if
    if (status == CASTALIA_OK .and. present(json)) then
      status = castalia_config_set_json(fields%owner%handle, c_text(json))
    end if
    if (status == CASTALIA_OK) then
      status = castalia_model_create(with, c_text(architecture), fields%owner%handle, handle)
      if (status == CASTALIA_OK) call take(self%owner, handle, model_handle)
    end if
    ! The message is read before the configuration goes.
    call settle(status, stat, errmsg)
    call fields%destroy()
  end subroutine model_create

  ! Trains on a data set; the fields of training come from a configuration.
  subroutine fit_dataset(self, dataset, training, progress, stat, errmsg)
    class(castalia_model), intent(inout) :: self
    type(castalia_dataset), intent(in) :: dataset
    type(castalia_config), intent(in), optional :: training
    procedure(castalia_progress), optional :: progress
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_funptr) :: trampoline
    type(c_ptr) :: fields, user

    fields = c_null_ptr
    trampoline = c_null_funptr
    user = c_null_ptr
    if (present(training)) fields = training%owner%handle
    if (present(progress)) then
      trampoline = c_funloc(progress_trampoline)
      user = transfer(c_funloc(progress), user)
    end if
    call settle(castalia_model_fit(self%owner%handle, dataset%owner%handle, fields, trampoline, user), &
        stat, errmsg)
  end subroutine fit_dataset

  ! Trains towards a target, by training's field objective: reverse_kl, forward_kl, variance, or, with a
  ! data set, symmetric_kl.
  subroutine model_fit_target(self, target, dataset, training, progress, stat, errmsg)
    class(castalia_model), intent(inout) :: self
    type(castalia_target), intent(in) :: target
    type(castalia_dataset), intent(in), optional :: dataset
    type(castalia_config), intent(in), optional :: training
    procedure(castalia_progress), optional :: progress
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_funptr) :: trampoline
    type(c_ptr) :: events, fields, user

    events = c_null_ptr
    fields = c_null_ptr
    trampoline = c_null_funptr
    user = c_null_ptr
    if (present(dataset)) events = dataset%owner%handle
    if (present(training)) fields = training%owner%handle
    if (present(progress)) then
      trampoline = c_funloc(progress_trampoline)
      user = transfer(c_funloc(progress), user)
    end if
    call settle(castalia_model_fit_target(self%owner%handle, target%owner%handle, events, fields, &
        trampoline, user), stat, errmsg)
  end subroutine model_fit_target

  ! Events first_event (0 where absent), ... of the sample that the seed names, into x(feature, event), with
  ! log_weights(event), the logarithm of target / density of the model. log_z estimates the logarithm of
  ! the target's integral; acceptance is mean weight / largest weight.
  subroutine model_weigh(self, target, x, log_weights, seed, first_event, context, log_z, log_z_error, &
      effective_sample_size, acceptance, stat, errmsg)
    class(castalia_model), intent(in) :: self
    type(castalia_target), intent(in) :: target
    real(real64), intent(inout), target :: x(:, :)
    real(real64), intent(inout), target :: log_weights(:)
    integer(int64), intent(in) :: seed
    integer(int64), intent(in), optional :: first_event
    real(real64), intent(in), target, optional :: context(:, :)
    real(real64), intent(out), optional :: log_z, log_z_error, effective_sample_size, acceptance
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data, condition, weights
    integer(int64) :: first

    first = 0
    if (present(first_event)) first = first_event
    call view(data, x)
    call view(weights, log_weights)
    if (present(context)) call view(condition, context)
    call settle(castalia_model_weigh(self%owner%handle, target%owner%handle, seed, first, condition, &
        data, weights, log_z, log_z_error, effective_sample_size, acceptance), stat, errmsg)
  end subroutine model_weigh

  function progress_trampoline(step, steps, loss, validation_loss, user) bind(C) result(answer)
    integer(c_int64_t), value :: step, steps
    real(c_double), value :: loss, validation_loss
    type(c_ptr), value :: user
    integer(c_int) :: answer
    procedure(castalia_progress), pointer :: progress
    logical :: stop

    call c_f_procpointer(transfer(user, c_null_funptr), progress)
    stop = .false.
    call progress(step, steps, loss, validation_loss, stop)
    answer = merge(1_c_int, 0_c_int, stop)
  end function progress_trampoline

  ! Trains on x(feature, event), context(feature, event), weights(event).
  subroutine fit_real32(self, x, context, weights, training, progress, stat, errmsg)
    class(castalia_model), intent(inout) :: self
    real(real32), intent(in), target :: x(:, :)
    real(real32), intent(in), target, optional :: context(:, :)
    real(real32), intent(in), target, optional :: weights(:)
    type(castalia_config), intent(in), optional :: training
    procedure(castalia_progress), optional :: progress
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_dataset) :: dataset
    integer :: made

    call dataset%create(x, context, weights, stat=made, errmsg=errmsg)
    if (made == CASTALIA_OK) then
      call fit_dataset(self, dataset, training, progress, stat, errmsg)
    else
      call settle(int(made, c_int), stat, errmsg)
    end if
    call dataset%destroy()
  end subroutine fit_real32

  ! Trains on x(feature, event), context(feature, event), weights(event).
  subroutine fit_real64(self, x, context, weights, training, progress, stat, errmsg)
    class(castalia_model), intent(inout) :: self
    real(real64), intent(in), target :: x(:, :)
    real(real64), intent(in), target, optional :: context(:, :)
    real(real64), intent(in), target, optional :: weights(:)
    type(castalia_config), intent(in), optional :: training
    procedure(castalia_progress), optional :: progress
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_dataset) :: dataset
    integer :: made

    call dataset%create(x, context, weights, stat=made, errmsg=errmsg)
    if (made == CASTALIA_OK) then
      call fit_dataset(self, dataset, training, progress, stat, errmsg)
    else
      call settle(int(made, c_int), stat, errmsg)
    end if
    call dataset%destroy()
  end subroutine fit_real64

  subroutine sample_real32_seed32(self, x, seed, first_event, context, stat, errmsg)
    class(castalia_model), intent(in) :: self
    real(real32), intent(inout), target :: x(:, :)
    integer(int32), intent(in) :: seed
    integer(int64), intent(in), optional :: first_event
    real(real32), intent(in), target, optional :: context(:, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg

    call sample_real32_seed64(self, x, int(seed, int64), first_event, context, stat, errmsg)
  end subroutine sample_real32_seed32

  ! Events first_event (0 where absent), first_event + 1, ... of the sample that the seed names, into
  ! x(feature, event). An event is the same in whatever range it is drawn.
  subroutine sample_real32_seed64(self, x, seed, first_event, context, stat, errmsg)
    class(castalia_model), intent(in) :: self
    real(real32), intent(inout), target :: x(:, :)
    integer(int64), intent(in) :: seed
    integer(int64), intent(in), optional :: first_event
    real(real32), intent(in), target, optional :: context(:, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data, condition
    integer(int64) :: first

    first = 0
    if (present(first_event)) first = first_event
    call view(data, x)
    if (present(context)) call view(condition, context)
    call settle(castalia_model_sample(self%owner%handle, seed, first, condition, data), stat, errmsg)
  end subroutine sample_real32_seed64

  ! The logarithm of the density at each event of x, into log_prob(event).
  subroutine log_prob_real32(self, x, log_prob, context, stat, errmsg)
    class(castalia_model), intent(in) :: self
    real(real32), intent(in), target :: x(:, :)
    real(real32), intent(inout), target :: log_prob(:)
    real(real32), intent(in), target, optional :: context(:, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data, condition, densities

    call view(data, x)
    call view(densities, log_prob)
    if (present(context)) call view(condition, context)
    call settle(castalia_model_log_prob(self%owner%handle, data, condition, densities), stat, errmsg)
  end subroutine log_prob_real32

  ! A classifier's response to each event of x, into score(event).
  subroutine score_real32(self, x, score, stat, errmsg)
    class(castalia_model), intent(in) :: self
    real(real32), intent(in), target :: x(:, :)
    real(real32), intent(inout), target :: score(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data, responses

    call view(data, x)
    call view(responses, score)
    call settle(castalia_model_score(self%owner%handle, data, score=responses), stat, errmsg)
  end subroutine score_real32

  ! Data x to latent z, and the logarithm of |det dz/dx| of each event.
  subroutine transform_real32(self, x, z, log_det, context, stat, errmsg)
    class(castalia_model), intent(in) :: self
    real(real32), intent(in), target :: x(:, :)
    real(real32), intent(inout), target :: z(:, :)
    real(real32), intent(inout), target, optional :: log_det(:)
    real(real32), intent(in), target, optional :: context(:, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data, condition, latent, determinants

    call view(data, x)
    call view(latent, z)
    if (present(log_det)) call view(determinants, log_det)
    if (present(context)) call view(condition, context)
    call settle(castalia_model_transform(self%owner%handle, data, condition, latent, determinants), &
        stat, errmsg)
  end subroutine transform_real32

  ! Latent z back to data x, and the logarithm of |det dx/dz| of each event.
  subroutine inverse_real32(self, z, x, log_det, context, stat, errmsg)
    class(castalia_model), intent(in) :: self
    real(real32), intent(in), target :: z(:, :)
    real(real32), intent(inout), target :: x(:, :)
    real(real32), intent(inout), target, optional :: log_det(:)
    real(real32), intent(in), target, optional :: context(:, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data, condition, latent, determinants

    call view(data, x)
    call view(latent, z)
    if (present(log_det)) call view(determinants, log_det)
    if (present(context)) call view(condition, context)
    call settle(castalia_model_inverse(self%owner%handle, latent, condition, data, determinants), &
        stat, errmsg)
  end subroutine inverse_real32

  subroutine get_parameters_real32(self, values, stat, errmsg)
    class(castalia_model), intent(in) :: self
    real(real32), intent(inout), target :: values(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: all

    call view(all, values)
    call settle(castalia_model_get_parameters(self%owner%handle, all), stat, errmsg)
  end subroutine get_parameters_real32

  subroutine set_parameters_real32(self, values, stat, errmsg)
    class(castalia_model), intent(inout) :: self
    real(real32), intent(in), target :: values(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: all

    call view(all, values)
    call settle(castalia_model_set_parameters(self%owner%handle, all), stat, errmsg)
  end subroutine set_parameters_real32

  subroutine sample_real64_seed32(self, x, seed, first_event, context, stat, errmsg)
    class(castalia_model), intent(in) :: self
    real(real64), intent(inout), target :: x(:, :)
    integer(int32), intent(in) :: seed
    integer(int64), intent(in), optional :: first_event
    real(real64), intent(in), target, optional :: context(:, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg

    call sample_real64_seed64(self, x, int(seed, int64), first_event, context, stat, errmsg)
  end subroutine sample_real64_seed32

  ! Events first_event (0 where absent), first_event + 1, ... of the sample that the seed names, into
  ! x(feature, event). An event is the same in whatever range it is drawn.
  subroutine sample_real64_seed64(self, x, seed, first_event, context, stat, errmsg)
    class(castalia_model), intent(in) :: self
    real(real64), intent(inout), target :: x(:, :)
    integer(int64), intent(in) :: seed
    integer(int64), intent(in), optional :: first_event
    real(real64), intent(in), target, optional :: context(:, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data, condition
    integer(int64) :: first

    first = 0
    if (present(first_event)) first = first_event
    call view(data, x)
    if (present(context)) call view(condition, context)
    call settle(castalia_model_sample(self%owner%handle, seed, first, condition, data), stat, errmsg)
  end subroutine sample_real64_seed64

  ! The logarithm of the density at each event of x, into log_prob(event).
  subroutine log_prob_real64(self, x, log_prob, context, stat, errmsg)
    class(castalia_model), intent(in) :: self
    real(real64), intent(in), target :: x(:, :)
    real(real64), intent(inout), target :: log_prob(:)
    real(real64), intent(in), target, optional :: context(:, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data, condition, densities

    call view(data, x)
    call view(densities, log_prob)
    if (present(context)) call view(condition, context)
    call settle(castalia_model_log_prob(self%owner%handle, data, condition, densities), stat, errmsg)
  end subroutine log_prob_real64

  subroutine score_real64(self, x, score, stat, errmsg)
    class(castalia_model), intent(in) :: self
    real(real64), intent(in), target :: x(:, :)
    real(real64), intent(inout), target :: score(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data, responses

    call view(data, x)
    call view(responses, score)
    call settle(castalia_model_score(self%owner%handle, data, score=responses), stat, errmsg)
  end subroutine score_real64

  ! Data x to latent z, and the logarithm of |det dz/dx| of each event.
  subroutine transform_real64(self, x, z, log_det, context, stat, errmsg)
    class(castalia_model), intent(in) :: self
    real(real64), intent(in), target :: x(:, :)
    real(real64), intent(inout), target :: z(:, :)
    real(real64), intent(inout), target, optional :: log_det(:)
    real(real64), intent(in), target, optional :: context(:, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data, condition, latent, determinants

    call view(data, x)
    call view(latent, z)
    if (present(log_det)) call view(determinants, log_det)
    if (present(context)) call view(condition, context)
    call settle(castalia_model_transform(self%owner%handle, data, condition, latent, determinants), &
        stat, errmsg)
  end subroutine transform_real64

  ! Latent z back to data x, and the logarithm of |det dx/dz| of each event.
  subroutine inverse_real64(self, z, x, log_det, context, stat, errmsg)
    class(castalia_model), intent(in) :: self
    real(real64), intent(in), target :: z(:, :)
    real(real64), intent(inout), target :: x(:, :)
    real(real64), intent(inout), target, optional :: log_det(:)
    real(real64), intent(in), target, optional :: context(:, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data, condition, latent, determinants

    call view(data, x)
    call view(latent, z)
    if (present(log_det)) call view(determinants, log_det)
    if (present(context)) call view(condition, context)
    call settle(castalia_model_inverse(self%owner%handle, latent, condition, data, determinants), &
        stat, errmsg)
  end subroutine inverse_real64

  subroutine get_parameters_real64(self, values, stat, errmsg)
    class(castalia_model), intent(in) :: self
    real(real64), intent(inout), target :: values(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: all

    call view(all, values)
    call settle(castalia_model_get_parameters(self%owner%handle, all), stat, errmsg)
  end subroutine get_parameters_real64

  subroutine set_parameters_real64(self, values, stat, errmsg)
    class(castalia_model), intent(inout) :: self
    real(real64), intent(in), target :: values(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: all

    call view(all, values)
    call settle(castalia_model_set_parameters(self%owner%handle, all), stat, errmsg)
  end subroutine set_parameters_real64

  ! The events of a data set in latent space, with their context and weights: features of which
  ! castalia_evaluate takes any metric.
  subroutine model_encode(self, dataset, latent, stat, errmsg)
    class(castalia_model), intent(in) :: self
    type(castalia_dataset), intent(in) :: dataset
    type(castalia_dataset), intent(inout) :: latent
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: handle
    integer(c_int) :: status

    status = castalia_model_encode(self%owner%handle, dataset%owner%handle, handle)
    if (status == CASTALIA_OK) call take(latent%owner, handle, dataset_handle)
    call settle(status, stat, errmsg)
  end subroutine model_encode

  ! On any failure an older file of this name is whole.
  subroutine model_save(self, path, stat, errmsg)
    class(castalia_model), intent(in) :: self
    character(len=*), intent(in) :: path
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg

    call settle(castalia_model_save(self%owner%handle, c_text(path)), stat, errmsg)
  end subroutine model_save

  ! An ONNX file (FILE.onnx) that computes 'log_prob' or 'transform' of x, or 'inverse' of z.
  subroutine model_export(self, computes, path, stat, errmsg)
    class(castalia_model), intent(in) :: self
    character(len=*), intent(in) :: computes, path
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg

    call settle(castalia_model_export(self%owner%handle, c_text(computes), c_text(path)), stat, errmsg)
  end subroutine model_export

  ! verify (default .true.) computes the golden events that the file carries and compares. products: how matrix
  ! products of a float32 model read their operands in evaluation: 'float32' (default), as they are; 'bfloat16', by
  ! processors with AVX512_BF16 and CUDA devices; 'tf32', by the latter; 'bfloat16_emulated'. Training is in float32.
  subroutine model_load(self, path, verify, settings, stat, errmsg, products)
    class(castalia_model), intent(inout) :: self
    character(len=*), intent(in) :: path
    logical, intent(in), optional :: verify
    type(castalia_context), intent(in), optional :: settings
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    character(len=*), intent(in), optional :: products
    type(castalia_config) :: options
    type(c_ptr) :: handle, with
    integer(c_int) :: status
    integer :: set

    with = c_null_ptr
    if (present(settings)) with = settings%owner%handle
    set = CASTALIA_OK
    if (present(verify)) call options%set("verify", verify, stat=set)
    if (set == CASTALIA_OK .and. present(products)) call options%set("products", products, stat=set)
    status = int(set, c_int)
    if (status == CASTALIA_OK) status = castalia_model_load(with, c_text(path), options%owner%handle, handle)
    if (status == CASTALIA_OK) call take(self%owner, handle, model_handle)
    call settle(status, stat, errmsg)
    call options%destroy()
  end subroutine model_load

  ! `other` becomes a copy that computes in CASTALIA_FLOAT32 or CASTALIA_FLOAT64.
  subroutine model_convert(self, dtype, other, stat, errmsg)
    class(castalia_model), intent(in) :: self
    integer, intent(in) :: dtype
    type(castalia_model), intent(inout) :: other
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: handle
    integer(c_int) :: status

    status = castalia_model_convert(self%owner%handle, int(dtype, c_int), handle)
    if (status == CASTALIA_OK) call take(other%owner, handle, model_handle)
    call settle(status, stat, errmsg)
  end subroutine model_convert

  subroutine model_shape(self, features, context_features, parameters, stat, errmsg)
    class(castalia_model), intent(in) :: self
    integer(int64), intent(out), optional :: features, context_features, parameters
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg

    call settle(castalia_model_shape(self%owner%handle, features, context_features, parameters), stat, errmsg)
  end subroutine model_shape

  ! Architecture, specification, preprocessing, parameters and how it was trained, as JSON.
  subroutine model_describe(self, json, stat, errmsg)
    class(castalia_model), intent(in) :: self
    character(len=:), allocatable, intent(out) :: json
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: text
    integer(c_int) :: status

    status = castalia_model_describe(self%owner%handle, text)
    call settle_text(status, text, json, stat, errmsg)
  end subroutine model_describe

  subroutine model_destroy(self)
    class(castalia_model), intent(inout) :: self

    call release(self%owner)
  end subroutine model_destroy

  ! Both then hold the same object.
  impure elemental subroutine model_assign(self, other)
    class(castalia_model), intent(inout) :: self
    class(castalia_model), intent(in) :: other

    call share(self%owner, other%owner)
  end subroutine model_assign

end module castalia_models
