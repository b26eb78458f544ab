! castalia_context: settings that calls share. castalia_config: named values for models and training.
module castalia_settings
  use, intrinsic :: iso_c_binding
  use, intrinsic :: iso_fortran_env, only: int32, int64, real32, real64
  use castalia_c
  use castalia_errors, only: c_text, settle, settle_text, text_of
  use castalia_handles, only: castalia_owner, config_handle, context_handle, release, share, take
  implicit none
  private
  public :: castalia_catalogue_json, castalia_info_json, castalia_release, castalia_training_json
  public :: castalia_adversarial_json, castalia_bijections_json, castalia_transformers_json

  abstract interface
    ! level: 0 debug, 1 information, 2 warning.
    subroutine castalia_log(level, message)
      integer, intent(in) :: level
      character(len=*), intent(in) :: message
    end subroutine castalia_log
  end interface
  public :: castalia_log

  type, public :: castalia_context
    private
    type(castalia_owner), public :: owner
  contains
    generic :: assignment(=) => context_assign
    procedure, private :: context_assign
    procedure :: create => context_create
    procedure :: set_threads => context_set_threads
    procedure :: set_device => context_set_device
    procedure :: set_log => context_set_log
    procedure :: destroy => context_destroy
  end type castalia_context

  ! A configuration that was never created is empty; `set` creates it.
  type, public :: castalia_config
    private
    type(castalia_owner), public :: owner
  contains
    generic :: assignment(=) => config_assign
    procedure, private :: config_assign
    procedure :: create => config_create
    procedure :: set_json => config_set_json
    procedure :: json => config_json
    procedure :: destroy => config_destroy
    generic :: set => set_int32, set_int64, set_real32, set_real64, set_logical, set_text
    procedure, private :: set_int32, set_int64, set_real32, set_real64, set_logical, set_text
    procedure, private :: prepare
  end type castalia_config

contains

  subroutine context_create(self, stat, errmsg)
    class(castalia_context), intent(inout) :: self
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: handle
    integer(c_int) :: status

    status = castalia_context_create(handle)
    if (status == CASTALIA_OK) call take(self%owner, handle, context_handle)
    call settle(status, stat, errmsg)
  end subroutine context_create

  ! Threads for sampling (default 1) and for training (default 0, which means all cores).
  subroutine context_set_threads(self, sampling, training, stat, errmsg)
    class(castalia_context), intent(inout) :: self
    integer, intent(in), optional :: sampling, training
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: for_sampling, for_training

    for_sampling = 1
    for_training = 0
    if (present(sampling)) for_sampling = int(sampling, c_int32_t)
    if (present(training)) for_training = int(training, c_int32_t)
    call settle(castalia_context_set_threads(self%owner%handle, for_sampling, for_training), stat, errmsg)
  end subroutine context_set_threads

  ! "cpu", "cuda:N" or "cuda:all".
  subroutine context_set_device(self, device, stat, errmsg)
    class(castalia_context), intent(inout) :: self
    character(len=*), intent(in) :: device
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg

    call settle(castalia_context_set_device(self%owner%handle, c_text(device)), stat, errmsg)
  end subroutine context_set_device

  ! Messages go to this procedure, which must not be an internal one: it is called for as long as the
  ! context lives. Absent: nowhere.
  subroutine context_set_log(self, log, stat, errmsg)
    class(castalia_context), intent(inout) :: self
    procedure(castalia_log), optional :: log
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_funptr) :: trampoline
    type(c_ptr) :: user

    trampoline = c_null_funptr
    user = c_null_ptr
    if (present(log)) then
      trampoline = c_funloc(log_trampoline)
      user = transfer(c_funloc(log), user)
    end if
    call settle(castalia_context_set_log(self%owner%handle, trampoline, user), stat, errmsg)
  end subroutine context_set_log

  function log_trampoline(level, message, user) bind(C) result(answer)
    integer(c_int32_t), value :: level
    type(c_ptr), value :: message
    type(c_ptr), value :: user
    integer(c_int) :: answer
    procedure(castalia_log), pointer :: log

    call c_f_procpointer(transfer(user, c_null_funptr), log)
    call log(int(level), text_of(message))
    answer = 0
  end function log_trampoline

  subroutine context_destroy(self)
    class(castalia_context), intent(inout) :: self

    call release(self%owner)
  end subroutine context_destroy

  ! An empty configuration, or one with the members of a JSON object.
  subroutine config_create(self, json, stat, errmsg)
    class(castalia_config), intent(inout) :: self
    character(len=*), intent(in), optional :: json
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: handle
    integer(c_int) :: status

    status = castalia_config_create(handle)
    if (status == CASTALIA_OK) call take(self%owner, handle, config_handle)
    if (status == CASTALIA_OK .and. present(json)) status = castalia_config_set_json(handle, c_text(json))
    call settle(status, stat, errmsg)
  end subroutine config_create

  subroutine prepare(self, status)
    class(castalia_config), intent(inout) :: self
    integer(c_int), intent(out) :: status
    type(c_ptr) :: handle

    status = CASTALIA_OK
    if (c_associated(self%owner%handle)) return
    status = castalia_config_create(handle)
    if (status == CASTALIA_OK) call take(self%owner, handle, config_handle)
  end subroutine prepare

  subroutine set_int32(self, field, value, stat, errmsg)
    class(castalia_config), intent(inout) :: self
    character(len=*), intent(in) :: field
    integer(int32), intent(in) :: value
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg

    call self%set_int64(field, int(value, int64), stat, errmsg)
  end subroutine set_int32

  subroutine set_int64(self, field, value, stat, errmsg)
    class(castalia_config), intent(inout) :: self
    character(len=*), intent(in) :: field
    integer(int64), intent(in) :: value
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int) :: status

    call self%prepare(status)
    if (status == CASTALIA_OK) status = castalia_config_set_integer(self%owner%handle, c_text(field), value)
    call settle(status, stat, errmsg)
  end subroutine set_int64

  subroutine set_real32(self, field, value, stat, errmsg)
    class(castalia_config), intent(inout) :: self
    character(len=*), intent(in) :: field
    real(real32), intent(in) :: value
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg

    call self%set_real64(field, real(value, real64), stat, errmsg)
  end subroutine set_real32

  subroutine set_real64(self, field, value, stat, errmsg)
    class(castalia_config), intent(inout) :: self
    character(len=*), intent(in) :: field
    real(real64), intent(in) :: value
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int) :: status

    call self%prepare(status)
    if (status == CASTALIA_OK) status = castalia_config_set_real(self%owner%handle, c_text(field), value)
    call settle(status, stat, errmsg)
  end subroutine set_real64

  subroutine set_logical(self, field, value, stat, errmsg)
    class(castalia_config), intent(inout) :: self
    character(len=*), intent(in) :: field
    logical, intent(in) :: value
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int) :: status

    call self%prepare(status)
    if (status == CASTALIA_OK) status = castalia_config_set_boolean(self%owner%handle, c_text(field), &
        merge(1_c_int32_t, 0_c_int32_t, value))
    call settle(status, stat, errmsg)
  end subroutine set_logical

  ! Trailing blanks of the value are not kept.
  subroutine set_text(self, field, value, stat, errmsg)
    class(castalia_config), intent(inout) :: self
    character(len=*), intent(in) :: field
    character(len=*), intent(in) :: value
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int) :: status

    call self%prepare(status)
    if (status == CASTALIA_OK) status = castalia_config_set_text(self%owner%handle, c_text(field), &
        c_text(value))
    call settle(status, stat, errmsg)
  end subroutine set_text

  ! Sets every member of a JSON object: the way to lists and nested values.
  subroutine config_set_json(self, json, stat, errmsg)
    class(castalia_config), intent(inout) :: self
    character(len=*), intent(in) :: json
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int) :: status

    call self%prepare(status)
    if (status == CASTALIA_OK) status = castalia_config_set_json(self%owner%handle, c_text(json))
    call settle(status, stat, errmsg)
  end subroutine config_set_json

  subroutine config_json(self, json, stat, errmsg)
    class(castalia_config), intent(inout) :: self
    character(len=:), allocatable, intent(out) :: json
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: text
    integer(c_int) :: status

    call self%prepare(status)
    if (status == CASTALIA_OK) status = castalia_config_json(self%owner%handle, text)
    call settle_text(status, text, json, stat, errmsg)
  end subroutine config_json

  subroutine config_destroy(self)
    class(castalia_config), intent(inout) :: self

    call release(self%owner)
  end subroutine config_destroy

  ! The release of the library: "1.0.0".
  function castalia_release() result(version)
    character(len=:), allocatable :: version

    version = text_of(castalia_version())
  end function castalia_release

  ! Version, instruction set, cores, devices and libraries.
  subroutine castalia_info_json(json, stat, errmsg)
    character(len=:), allocatable, intent(out) :: json
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: text
    integer(c_int) :: status

    status = castalia_info(c_null_ptr, text)
    call settle_text(status, text, json, stat, errmsg)
  end subroutine castalia_info_json

  ! The architectures with their fields.
  subroutine castalia_catalogue_json(json, stat, errmsg)
    character(len=:), allocatable, intent(out) :: json
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: text
    integer(c_int) :: status

    status = castalia_catalogue(text)
    call settle_text(status, text, json, stat, errmsg)
  end subroutine castalia_catalogue_json

  ! The transformers that flows are made of, with their fields.
  subroutine castalia_transformers_json(json, stat, errmsg)
    character(len=:), allocatable, intent(out) :: json
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: text
    integer(c_int) :: status

    status = castalia_transformers(text)
    call settle_text(status, text, json, stat, errmsg)
  end subroutine castalia_transformers_json

  ! The bijections that composed flows are made of, with their fields.
  subroutine castalia_bijections_json(json, stat, errmsg)
    character(len=:), allocatable, intent(out) :: json
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: text
    integer(c_int) :: status

    status = castalia_bijections(text)
    call settle_text(status, text, json, stat, errmsg)
  end subroutine castalia_bijections_json

  ! The losses, regularisers and ways of conditioning of adversarial models.
  subroutine castalia_adversarial_json(json, stat, errmsg)
    character(len=:), allocatable, intent(out) :: json
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: text
    integer(c_int) :: status

    status = castalia_adversarial(text)
    call settle_text(status, text, json, stat, errmsg)
  end subroutine castalia_adversarial_json

  ! The fields of training.
  subroutine castalia_training_json(json, stat, errmsg)
    character(len=:), allocatable, intent(out) :: json
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: text
    integer(c_int) :: status

    status = castalia_training_fields(text)
    call settle_text(status, text, json, stat, errmsg)
  end subroutine castalia_training_json

  ! Both then hold the same object.
  impure elemental subroutine context_assign(self, other)
    class(castalia_context), intent(inout) :: self
    class(castalia_context), intent(in) :: other

    call share(self%owner, other%owner)
  end subroutine context_assign

  ! Both then hold the same object.
  impure elemental subroutine config_assign(self, other)
    class(castalia_config), intent(inout) :: self
    class(castalia_config), intent(in) :: other

    call share(self%owner, other%owner)
  end subroutine config_assign

end module castalia_settings
