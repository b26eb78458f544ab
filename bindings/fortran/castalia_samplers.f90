! castalia_sampler: draws the events of a seed in order.
module castalia_samplers
  use, intrinsic :: iso_c_binding
  use, intrinsic :: iso_fortran_env, only: int32, int64, real32, real64
  use castalia_c
  use castalia_errors, only: settle
  use castalia_handles, only: castalia_owner, sampler_handle, release, share, take
  use castalia_models, only: castalia_model
  use castalia_views, only: view, view_event
  implicit none
  private

  type, public :: castalia_sampler
    private
    type(castalia_owner), public :: owner
  contains
    generic :: assignment(=) => sampler_assign
    procedure, private :: sampler_assign
    generic :: create => create_seed32, create_seed64
    generic :: next => next1_real32, next2_real32, next1_real64, next2_real64
    procedure :: seek => sampler_seek
    procedure :: tell => sampler_tell
    procedure :: destroy => sampler_destroy
    procedure, private :: create_seed32, create_seed64
    procedure, private :: next1_real32, next2_real32, next1_real64, next2_real64
  end type castalia_sampler

contains

  subroutine create_seed32(self, model, seed, stat, errmsg)
    class(castalia_sampler), intent(inout) :: self
    type(castalia_model), intent(in) :: model
    integer(int32), intent(in) :: seed
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg

    call create_seed64(self, model, int(seed, int64), stat, errmsg)
  end subroutine create_seed32

  ! While a sampler lives its model cannot be trained.
  subroutine create_seed64(self, model, seed, stat, errmsg)
    class(castalia_sampler), intent(inout) :: self
    type(castalia_model), intent(in) :: model
    integer(int64), intent(in) :: seed
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: handle
    integer(c_int) :: status

    status = castalia_sampler_create(model%owner%handle, seed, handle)
    if (status == CASTALIA_OK) call take(self%owner, handle, sampler_handle)
    call settle(status, stat, errmsg)
  end subroutine create_seed64

  ! The next event into x(feature); context(feature).
  subroutine next1_real32(self, x, context, stat, errmsg)
    class(castalia_sampler), intent(in) :: self
    real(real32), intent(inout), target :: x(:)
    real(real32), intent(in), target, optional :: context(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data, condition

    call view_event(data, x)
    if (present(context)) call view_event(condition, context)
    call settle(castalia_sampler_next(self%owner%handle, condition, data), stat, errmsg)
  end subroutine next1_real32

  ! The next size(x, 2) events into x(feature, event).
  subroutine next2_real32(self, x, context, stat, errmsg)
    class(castalia_sampler), intent(in) :: self
    real(real32), intent(inout), target :: x(:, :)
    real(real32), intent(in), target, optional :: context(:, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data, condition

    call view(data, x)
    if (present(context)) call view(condition, context)
    call settle(castalia_sampler_next(self%owner%handle, condition, data), stat, errmsg)
  end subroutine next2_real32

  ! The next event into x(feature); context(feature).
  subroutine next1_real64(self, x, context, stat, errmsg)
    class(castalia_sampler), intent(in) :: self
    real(real64), intent(inout), target :: x(:)
    real(real64), intent(in), target, optional :: context(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data, condition

    call view_event(data, x)
    if (present(context)) call view_event(condition, context)
    call settle(castalia_sampler_next(self%owner%handle, condition, data), stat, errmsg)
  end subroutine next1_real64

  ! The next size(x, 2) events into x(feature, event).
  subroutine next2_real64(self, x, context, stat, errmsg)
    class(castalia_sampler), intent(in) :: self
    real(real64), intent(inout), target :: x(:, :)
    real(real64), intent(in), target, optional :: context(:, :)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data, condition

    call view(data, x)
    if (present(context)) call view(condition, context)
    call settle(castalia_sampler_next(self%owner%handle, condition, data), stat, errmsg)
  end subroutine next2_real64

  ! The next event drawn is number `event`, counted from 0.
  subroutine sampler_seek(self, event, stat, errmsg)
    class(castalia_sampler), intent(in) :: self
    integer(int64), intent(in) :: event
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg

    call settle(castalia_sampler_seek(self%owner%handle, event), stat, errmsg)
  end subroutine sampler_seek

  subroutine sampler_tell(self, event, stat, errmsg)
    class(castalia_sampler), intent(in) :: self
    integer(int64), intent(out) :: event
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg

    call settle(castalia_sampler_tell(self%owner%handle, event), stat, errmsg)
  end subroutine sampler_tell

  subroutine sampler_destroy(self)
    class(castalia_sampler), intent(inout) :: self

    call release(self%owner)
  end subroutine sampler_destroy

  ! Both then hold the same object.
  impure elemental subroutine sampler_assign(self, other)
    class(castalia_sampler), intent(inout) :: self
    class(castalia_sampler), intent(in) :: other

    call share(self%owner, other%owner)
  end subroutine sampler_assign

end module castalia_samplers
