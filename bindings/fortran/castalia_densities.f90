! castalia_target: a density of any norm that a model is trained to follow without events of it, or that
! its events are weighed by: an integrand, the exponential of minus an action.
module castalia_densities
  use, intrinsic :: iso_c_binding
  use, intrinsic :: iso_fortran_env, only: real64
  use castalia_c
  use castalia_errors, only: c_text, settle, settle_text
  use castalia_handles, only: castalia_owner, release, share, take, target_handle
  use castalia_settings, only: castalia_config
  use castalia_views, only: view
  implicit none
  private
  public :: castalia_targets_json

  abstract interface
    ! Called with points x(feature, point) and their context(column, point), without columns where there is
    ! none. Sets log_density(point), the natural logarithm of the density, to minus infinity where that is
    ! zero, and gradient(feature, point), its derivatives with respect to x, which has no points where no
    ! gradient is asked for. With failed set to .true. the call that it came from ends with
    ! CASTALIA_CALLBACK_FAILED.
    subroutine castalia_density(x, context, log_density, gradient, failed)
      import :: real64
      real(real64), intent(in) :: x(:, :), context(:, :)
      real(real64), intent(inout) :: log_density(:), gradient(:, :)
      logical, intent(inout) :: failed
    end subroutine castalia_density
  end interface
  public :: castalia_density

  type, public :: castalia_target
    private
    type(castalia_owner), public :: owner
  contains
    generic :: assignment(=) => target_assign
    procedure, private :: target_assign
    generic :: create => create_named, create_density
    procedure, private :: create_named, create_density
    procedure :: log_density => target_log_density
    procedure :: describe => target_describe
    procedure :: destroy => target_destroy
  end type castalia_target

contains

  ! A target that is built in; castalia_targets_json lists them with their fields.
  subroutine create_named(self, name, config, stat, errmsg)
    class(castalia_target), intent(inout) :: self
    character(len=*), intent(in) :: name
    type(castalia_config), intent(in), optional :: config
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: fields, handle
    integer(c_int) :: status

    fields = c_null_ptr
    if (present(config)) fields = config%owner%handle
    status = castalia_target_create(c_null_ptr, c_text(name), fields, handle)
    if (status == CASTALIA_OK) call take(self%owner, handle, target_handle)
    call settle(status, stat, errmsg)
  end subroutine create_named

  ! A procedure of yours, of a module, or of a program that outlives the target. Without gradient it is
  ! never asked for one.
  subroutine create_density(self, features, density, gradient, stat, errmsg)
    class(castalia_target), intent(inout) :: self
    integer, intent(in) :: features
    procedure(castalia_density) :: density
    logical, intent(in), optional :: gradient
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: handle, user
    integer(c_int32_t) :: has_gradient
    integer(c_int) :: status

    has_gradient = 0
    if (present(gradient)) has_gradient = merge(1_c_int32_t, 0_c_int32_t, gradient)
    user = transfer(c_funloc(density), user)
    status = castalia_target_create_callback(c_null_ptr, int(features, c_int64_t), has_gradient, &
        c_funloc(density_trampoline), user, handle)
    if (status == CASTALIA_OK) call take(self%owner, handle, target_handle)
    call settle(status, stat, errmsg)
  end subroutine create_density

  function density_trampoline(rows, features, x, context_features, condition, log_density, gradient, &
      user) bind(C) result(answer)
    integer(c_int64_t), value :: rows, features, context_features
    type(c_ptr), value :: x, condition, log_density, gradient, user
    integer(c_int) :: answer
    procedure(castalia_density), pointer :: density
    real(c_double), pointer :: points(:, :), context(:, :), densities(:), slopes(:, :)
    real(c_double), target :: nothing(1, 1)
    logical :: failed

    call c_f_procpointer(transfer(user, c_null_funptr), density)
    call c_f_pointer(x, points, [features, rows])
    call c_f_pointer(log_density, densities, [rows])
    context => nothing(1:0, :)
    if (context_features > 0) call c_f_pointer(condition, context, [context_features, rows])
    slopes => nothing(:, 1:0)
    if (c_associated(gradient)) call c_f_pointer(gradient, slopes, [features, rows])
    failed = .false.
    call density(points, context, densities, slopes, failed)
    answer = merge(1_c_int, 0_c_int, failed)
  end function density_trampoline

  ! The target at x(feature, point): log_density(point) and gradient(feature, point).
  subroutine target_log_density(self, x, log_density, gradient, context, stat, errmsg)
    class(castalia_target), intent(in) :: self
    real(real64), intent(in), target :: x(:, :)
    real(real64), intent(inout), target :: log_density(:)
    real(real64), intent(inout), target, optional :: gradient(:, :)
    real(real64), intent(in), target, optional :: context(:, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: points, densities, slopes, condition

    call view(points, x)
    call view(densities, log_density)
    if (present(gradient)) call view(slopes, gradient)
    if (present(context)) call view(condition, context)
    call settle(castalia_target_log_density(self%owner%handle, points, condition, densities, slopes), &
        stat, errmsg)
  end subroutine target_log_density

  ! Name, features, whether there is a gradient, logarithm of the integral where it is known, as JSON.
  subroutine target_describe(self, json, stat, errmsg)
    class(castalia_target), intent(in) :: self
    character(len=:), allocatable, intent(out) :: json
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: text
    integer(c_int) :: status

    status = castalia_target_describe(self%owner%handle, text)
    call settle_text(status, text, json, stat, errmsg)
  end subroutine target_describe

  subroutine target_destroy(self)
    class(castalia_target), intent(inout) :: self

    call release(self%owner)
  end subroutine target_destroy

  ! Both then hold the same object.
  impure elemental subroutine target_assign(self, other)
    class(castalia_target), intent(inout) :: self
    class(castalia_target), intent(in) :: other

    call share(self%owner, other%owner)
  end subroutine target_assign

  ! The targets that are built in, with their fields.
  subroutine castalia_targets_json(json, stat, errmsg)
    character(len=:), allocatable, intent(out) :: json
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: text
    integer(c_int) :: status

    status = castalia_targets(text)
    call settle_text(status, text, json, stat, errmsg)
  end subroutine castalia_targets_json

end module castalia_densities
