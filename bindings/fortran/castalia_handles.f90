! Who owns a handle. Every object of the library lies in one castalia_owner: assignment adds an owner,
! the end of a variable's life takes one away. The objects are counted by the library.
!
! An owner remembers where it lies, and only there does the end of its life count. Compilers up to
! gfortran 12 finalise hidden copies too (of a type that holds one, when it is assigned as a whole).
module castalia_handles
  use, intrinsic :: iso_c_binding, only: c_associated, c_int, c_intptr_t, c_loc, c_null_ptr, c_ptr
  use castalia_c
  implicit none
  private
  public :: release, share, take

  integer, parameter, public :: context_handle = 1
  integer, parameter, public :: config_handle = 2
  integer, parameter, public :: dataset_handle = 3
  integer, parameter, public :: model_handle = 4
  integer, parameter, public :: sampler_handle = 5
  integer, parameter, public :: trainer_handle = 6
  integer, parameter, public :: event_writer_handle = 7
  integer, parameter, public :: target_handle = 8
  integer, parameter, public :: surrogate_handle = 9

  type, public :: castalia_owner
    type(c_ptr) :: handle = c_null_ptr
    integer, private :: kind = 0
    integer(c_intptr_t), private :: home = 0
  contains
    final :: finalise
  end type castalia_owner

contains

  ! Becomes the owner of a handle that was just created, and lets go of the old one.
  subroutine take(self, handle, kind)
    type(castalia_owner), intent(inout) :: self
    type(c_ptr), intent(in) :: handle
    integer, intent(in) :: kind

    call release(self)
    self%handle = handle
    self%kind = kind
    self%home = address(self)
  end subroutine take

  ! Lets go; an owner of nothing stays one.
  subroutine release(self)
    type(castalia_owner), intent(inout) :: self
    type(c_ptr) :: handle
    integer(c_int) :: status

    if (.not. c_associated(self%handle)) return
    handle = self%handle
    self%handle = c_null_ptr
    ! The status says INVALID_HANDLE at worst, and then nothing is left to be done.
    select case (self%kind)
    case (context_handle)
      status = castalia_context_destroy(handle)
    case (config_handle)
      status = castalia_config_destroy(handle)
    case (dataset_handle)
      status = castalia_dataset_destroy(handle)
    case (model_handle)
      status = castalia_model_destroy(handle)
    case (sampler_handle)
      status = castalia_sampler_destroy(handle)
    case (trainer_handle)
      status = castalia_trainer_destroy(handle)
    case (event_writer_handle)
      status = castalia_event_writer_destroy(handle)
    case (target_handle)
      status = castalia_target_destroy(handle)
    case (surrogate_handle)
      status = castalia_surrogate_destroy(handle)
    case default
      status = CASTALIA_INVALID_HANDLE
    end select
    if (status /= CASTALIA_OK) self%kind = 0
  end subroutine release

  subroutine share(self, other)
    type(castalia_owner), intent(inout) :: self
    type(castalia_owner), intent(in) :: other
    type(c_ptr) :: handle
    integer(c_int) :: status
    integer :: kind

    ! First the new owner, then the old one goes: both may be the same.
    handle = other%handle
    kind = other%kind
    status = CASTALIA_OK
    if (c_associated(handle)) then
      select case (kind)
      case (context_handle)
        status = castalia_context_retain(handle)
      case (config_handle)
        status = castalia_config_retain(handle)
      case (dataset_handle)
        status = castalia_dataset_retain(handle)
      case (model_handle)
        status = castalia_model_retain(handle)
      case (sampler_handle)
        status = castalia_sampler_retain(handle)
      case (trainer_handle)
        status = castalia_trainer_retain(handle)
      case (event_writer_handle)
        status = castalia_event_writer_retain(handle)
      case (target_handle)
        status = castalia_target_retain(handle)
      case (surrogate_handle)
        status = castalia_surrogate_retain(handle)
      end select
    end if
    call release(self)
    if (status /= CASTALIA_OK) handle = c_null_ptr
    self%handle = handle
    self%kind = kind
    self%home = address(self)
  end subroutine share

  function address(self) result(place)
    type(castalia_owner), intent(in), target :: self
    integer(c_intptr_t) :: place

    place = transfer(c_loc(self), place)
  end function address

  impure elemental subroutine finalise(self)
    type(castalia_owner), intent(inout) :: self

    if (self%home == address(self)) call release(self)
  end subroutine finalise

end module castalia_handles
