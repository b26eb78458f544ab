!> Means, medians and spreads of observables, kept for a whole run and printed as a table.
module zjet_summary
  use, intrinsic :: iso_fortran_env, only: real64
  use zjet_kinematics, only: n_observables, observable_names
  implicit none
  private

  public :: print_summary

  character(len=3), parameter :: units(n_observables) = [character(len=3) :: &
    'GeV', 'GeV', '', '', 'rad', 'GeV', '', 'GeV', 'rad', 'GeV', 'GeV', '', '']

contains

  !> One line an observable of values(observable, event): mean, median, and the central half.
  subroutine print_summary(unit, values)
    integer, intent(in) :: unit
    real(real64), intent(in) :: values(:, :)
    real(real64), allocatable :: column(:)
    integer :: i

    write (unit, '(/, 2x, a12, 2x, a3, 4a13)') 'observable  ', '   ', 'mean', 'median', '25 %', '75 %'
    write (unit, '(2x, a)') repeat('-', 69)
    allocate (column(size(values, 2)))
    do i = 1, n_observables
      column(:) = values(i, :)
      call sort(column)
      write (unit, '(2x, a12, 2x, a3, 4f13.3)') observable_names(i), units(i), &
        sum(column) / size(column), quantile(column, 0.5_real64), &
        quantile(column, 0.25_real64), quantile(column, 0.75_real64)
    end do
  end subroutine print_summary

  !> Linear interpolation between the order statistics of a sorted sample.
  pure real(real64) function quantile(sorted, q)
    real(real64), intent(in) :: sorted(:)
    real(real64), intent(in) :: q
    real(real64) :: place
    integer :: lower

    place = 1.0_real64 + q * real(size(sorted) - 1, real64)
    lower = min(int(place), max(size(sorted) - 1, 1))
    quantile = sorted(lower)
    if (size(sorted) > 1) quantile = quantile + (place - lower) * (sorted(lower + 1) - sorted(lower))
  end function quantile

  !> Heap sort: no recursion, no extra memory, n log n for every input.
  pure subroutine sort(a)
    real(real64), intent(inout) :: a(:)
    real(real64) :: top
    integer :: first, last

    first = size(a) / 2 + 1
    last = size(a)
    do while (last > 1)
      if (first > 1) then
        first = first - 1
      else
        top = a(last)
        a(last) = a(1)
        a(1) = top
        last = last - 1
      end if
      call sift(a, first, last)
    end do
  end subroutine sort

  pure subroutine sift(a, first, last)
    real(real64), intent(inout) :: a(:)
    integer, intent(in) :: first, last
    real(real64) :: value
    integer :: parent, child

    value = a(first)
    parent = first
    do
      child = 2 * parent
      if (child > last) exit
      if (child < last) then
        if (a(child + 1) > a(child)) child = child + 1
      end if
      if (a(child) <= value) exit
      a(parent) = a(child)
      parent = child
    end do
    a(parent) = value
  end subroutine sift

end module zjet_summary
