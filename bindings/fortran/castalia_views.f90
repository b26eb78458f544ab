! Arrays of Fortran as the library sees them: where they lie, without a copy.
!
! Axes come in the opposite order: x(feature, event) here is (events, features) there. Any section is
! taken as it is, with its strides.
module castalia_views
  use, intrinsic :: iso_c_binding, only: c_int, c_int32_t, c_int64_t, c_intptr_t, c_loc, c_ptr
  use, intrinsic :: iso_fortran_env, only: int32, int64, real32, real64
  use castalia_c, only: castalia_array, CASTALIA_CPU, CASTALIA_FLOAT32, CASTALIA_FLOAT64, CASTALIA_INT32, &
      CASTALIA_INT64
  implicit none
  private
  public :: view, view_event

  ! call view(array, x): one that was never viewed stays unallocated, and is NULL to the library.
  interface view
    module procedure view1_real32, view2_real32, view3_real32, view1_real64, view2_real64, view3_real64
    module procedure view1_int32, view2_int32, view1_int64, view2_int64
  end interface view

  ! call view_event(array, x): x(feature) is one event, (1, features) to the library.
  interface view_event
    module procedure view_event_real32, view_event_real64
  end interface view_event

  ! Where an array without elements "lies": the library asks for an address.
  real(real64), target :: nowhere = 0.0_real64

contains

  ! The address of the first element, those of its neighbours along each axis, and the extents.
  subroutine fill(array, dtype, width, extents, first, neighbours)
    type(castalia_array), intent(out) :: array
    integer(c_int), intent(in) :: dtype
    integer, intent(in) :: width
    integer, intent(in) :: extents(:)
    type(c_ptr), intent(in) :: first
    type(c_ptr), intent(in) :: neighbours(:)
    integer(c_intptr_t) :: origin
    integer :: axis, there

    array%data = first
    array%dtype = dtype
    array%rank = size(extents, kind=c_int32_t)
    array%device_kind = CASTALIA_CPU
    origin = transfer(first, origin)
    do axis = 1, size(extents)
      there = size(extents) + 1 - axis
      array%shape(there) = extents(axis)
      array%strides(there) = (transfer(neighbours(axis), origin) - origin) / width
    end do
  end subroutine fill

  subroutine view1_real32(array, x)
    type(castalia_array), allocatable, intent(out) :: array
    real(real32), intent(in), target :: x(:)

    allocate (array)
    if (size(x) == 0) then
      call fill(array, CASTALIA_FLOAT32, 4, shape(x), c_loc(nowhere), spread(c_loc(nowhere), 1, 1))
    else
      call fill(array, CASTALIA_FLOAT32, 4, shape(x), c_loc(x(1)), [c_loc(x(min(2, size(x))))])
    end if
  end subroutine view1_real32

  subroutine view2_real32(array, x)
    type(castalia_array), allocatable, intent(out) :: array
    real(real32), intent(in), target :: x(:, :)

    allocate (array)
    if (size(x) == 0) then
      call fill(array, CASTALIA_FLOAT32, 4, shape(x), c_loc(nowhere), spread(c_loc(nowhere), 1, 2))
    else
      call fill(array, CASTALIA_FLOAT32, 4, shape(x), c_loc(x(1, 1)), [ &
          c_loc(x(min(2, size(x, 1)), 1)), c_loc(x(1, min(2, size(x, 2))))])
    end if
  end subroutine view2_real32

  subroutine view3_real32(array, x)
    type(castalia_array), allocatable, intent(out) :: array
    real(real32), intent(in), target :: x(:, :, :)

    allocate (array)
    if (size(x) == 0) then
      call fill(array, CASTALIA_FLOAT32, 4, shape(x), c_loc(nowhere), spread(c_loc(nowhere), 1, 3))
    else
      call fill(array, CASTALIA_FLOAT32, 4, shape(x), c_loc(x(1, 1, 1)), [ &
          c_loc(x(min(2, size(x, 1)), 1, 1)), c_loc(x(1, min(2, size(x, 2)), 1)), &
          c_loc(x(1, 1, min(2, size(x, 3))))])
    end if
  end subroutine view3_real32

  subroutine view_event_real32(array, x)
    type(castalia_array), allocatable, intent(out) :: array
    real(real32), intent(in), target :: x(:)

    allocate (array)
    if (size(x) == 0) then
      call fill(array, CASTALIA_FLOAT32, 4, [size(x), 1], c_loc(nowhere), spread(c_loc(nowhere), 1, 2))
    else
      call fill(array, CASTALIA_FLOAT32, 4, [size(x), 1], c_loc(x(1)), [ &
          c_loc(x(min(2, size(x)))), c_loc(x(1))])
    end if
  end subroutine view_event_real32

  subroutine view1_real64(array, x)
    type(castalia_array), allocatable, intent(out) :: array
    real(real64), intent(in), target :: x(:)

    allocate (array)
    if (size(x) == 0) then
      call fill(array, CASTALIA_FLOAT64, 8, shape(x), c_loc(nowhere), spread(c_loc(nowhere), 1, 1))
    else
      call fill(array, CASTALIA_FLOAT64, 8, shape(x), c_loc(x(1)), [c_loc(x(min(2, size(x))))])
    end if
  end subroutine view1_real64

  subroutine view2_real64(array, x)
    type(castalia_array), allocatable, intent(out) :: array
    real(real64), intent(in), target :: x(:, :)

    allocate (array)
    if (size(x) == 0) then
      call fill(array, CASTALIA_FLOAT64, 8, shape(x), c_loc(nowhere), spread(c_loc(nowhere), 1, 2))
    else
      call fill(array, CASTALIA_FLOAT64, 8, shape(x), c_loc(x(1, 1)), [ &
          c_loc(x(min(2, size(x, 1)), 1)), c_loc(x(1, min(2, size(x, 2))))])
    end if
  end subroutine view2_real64

  subroutine view3_real64(array, x)
    type(castalia_array), allocatable, intent(out) :: array
    real(real64), intent(in), target :: x(:, :, :)

    allocate (array)
    if (size(x) == 0) then
      call fill(array, CASTALIA_FLOAT64, 8, shape(x), c_loc(nowhere), spread(c_loc(nowhere), 1, 3))
    else
      call fill(array, CASTALIA_FLOAT64, 8, shape(x), c_loc(x(1, 1, 1)), [ &
          c_loc(x(min(2, size(x, 1)), 1, 1)), c_loc(x(1, min(2, size(x, 2)), 1)), &
          c_loc(x(1, 1, min(2, size(x, 3))))])
    end if
  end subroutine view3_real64

  subroutine view_event_real64(array, x)
    type(castalia_array), allocatable, intent(out) :: array
    real(real64), intent(in), target :: x(:)

    allocate (array)
    if (size(x) == 0) then
      call fill(array, CASTALIA_FLOAT64, 8, [size(x), 1], c_loc(nowhere), spread(c_loc(nowhere), 1, 2))
    else
      call fill(array, CASTALIA_FLOAT64, 8, [size(x), 1], c_loc(x(1)), [ &
          c_loc(x(min(2, size(x)))), c_loc(x(1))])
    end if
  end subroutine view_event_real64

  subroutine view1_int32(array, x)
    type(castalia_array), allocatable, intent(out) :: array
    integer(int32), intent(in), target :: x(:)

    allocate (array)
    if (size(x) == 0) then
      call fill(array, CASTALIA_INT32, 4, shape(x), c_loc(nowhere), spread(c_loc(nowhere), 1, 1))
    else
      call fill(array, CASTALIA_INT32, 4, shape(x), c_loc(x(1)), [c_loc(x(min(2, size(x))))])
    end if
  end subroutine view1_int32

  subroutine view2_int32(array, x)
    type(castalia_array), allocatable, intent(out) :: array
    integer(int32), intent(in), target :: x(:, :)

    allocate (array)
    if (size(x) == 0) then
      call fill(array, CASTALIA_INT32, 4, shape(x), c_loc(nowhere), spread(c_loc(nowhere), 1, 2))
    else
      call fill(array, CASTALIA_INT32, 4, shape(x), c_loc(x(1, 1)), [ &
          c_loc(x(min(2, size(x, 1)), 1)), c_loc(x(1, min(2, size(x, 2))))])
    end if
  end subroutine view2_int32

  subroutine view1_int64(array, x)
    type(castalia_array), allocatable, intent(out) :: array
    integer(int64), intent(in), target :: x(:)

    allocate (array)
    if (size(x) == 0) then
      call fill(array, CASTALIA_INT64, 8, shape(x), c_loc(nowhere), spread(c_loc(nowhere), 1, 1))
    else
      call fill(array, CASTALIA_INT64, 8, shape(x), c_loc(x(1)), [c_loc(x(min(2, size(x))))])
    end if
  end subroutine view1_int64

  subroutine view2_int64(array, x)
    type(castalia_array), allocatable, intent(out) :: array
    integer(int64), intent(in), target :: x(:, :)

    allocate (array)
    if (size(x) == 0) then
      call fill(array, CASTALIA_INT64, 8, shape(x), c_loc(nowhere), spread(c_loc(nowhere), 1, 2))
    else
      call fill(array, CASTALIA_INT64, 8, shape(x), c_loc(x(1, 1)), [ &
          c_loc(x(min(2, size(x, 1)), 1)), c_loc(x(1, min(2, size(x, 2))))])
    end if
  end subroutine view2_int64

end module castalia_views
