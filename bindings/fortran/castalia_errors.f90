! Statuses, messages and text between Fortran and C.
module castalia_errors
  use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_f_pointer, c_int, c_null_char, c_ptr, &
      c_size_t
  use castalia_c, only: castalia_last_error, CASTALIA_OK
  implicit none
  private
  public :: settle, settle_text, text_of, c_text

  interface
    pure function c_strlen(text) bind(C, name="strlen") result(length)
      import :: c_ptr, c_size_t
      type(c_ptr), value, intent(in) :: text
      integer(c_size_t) :: length
    end function c_strlen
  end interface

contains

  ! Ends a call: gives the status and the message where they were asked for; stops the program with
  ! the message where a failure would go unseen.
  subroutine settle(status, stat, errmsg)
    integer(c_int), intent(in) :: status
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    character(len=:), allocatable :: message

    if (present(stat)) stat = int(status)
    if (status == CASTALIA_OK) return
    message = text_of(castalia_last_error())
    if (present(errmsg)) errmsg = message
    if (.not. present(stat)) then
      message = "castalia: "//message
      error stop message
    end if
  end subroutine settle

  ! Ends a call that gives a text: copies it where there is one, then as settle.
  subroutine settle_text(status, address, text, stat, errmsg)
    integer(c_int), intent(in) :: status
    type(c_ptr), intent(in) :: address
    character(len=:), allocatable, intent(inout) :: text
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg

    if (status == CASTALIA_OK) text = text_of(address)
    call settle(status, stat, errmsg)
  end subroutine settle_text

  ! A copy of a null-terminated text.
  function text_of(address) result(text)
    type(c_ptr), intent(in) :: address
    character(len=:), allocatable :: text
    character(kind=c_char), pointer :: characters(:)
    integer :: i

    if (.not. c_associated(address)) then
      text = ""
      return
    end if
    call c_f_pointer(address, characters, [c_strlen(address)])
    allocate (character(len=size(characters)) :: text)
    do i = 1, size(characters)
      text(i:i) = characters(i)
    end do
  end function text_of

  ! The text without trailing blanks, as C expects it.
  pure function c_text(text) result(characters)
    character(len=*), intent(in) :: text
    character(kind=c_char, len=:), allocatable :: characters

    characters = trim(text)//c_null_char
  end function c_text

end module castalia_errors
