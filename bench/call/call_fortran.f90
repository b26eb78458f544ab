! P14 from Fortran: one event a call. Answers "run SIDE SECONDS" (bench/peers/serve.py) with the times of
! blocks of calls.
!
! usage: call_fortran MODEL_FILE
program call_fortran
  use, intrinsic :: iso_fortran_env, only: int64, real32, real64
  use castalia
  implicit none
  integer, parameter :: calls_a_block = 100
  type(castalia_model) :: model
  character(len=4096) :: path
  character(len=80) :: line, what, side
  real(real32) :: x(2, 1)
  real(real64) :: seconds
  integer(int64) :: first, start, now, rate, event
  integer :: i, ios

  call get_command_argument(1, path)
  call model%load(trim(path))
  call system_clock(count_rate=rate)
  event = 0
  do
    read (*, '(a)', iostat=ios) line
    if (ios /= 0) exit
    read (line, *) what, side, seconds
    write (*, '(a)', advance='no') 'ok'
    call system_clock(first)
    do
      call system_clock(start)
      do i = 1, calls_a_block
        call model%sample(x, seed=1_int64, first_event=event)
        event = event + 1
      end do
      call system_clock(now)
      write (*, '(1x,es15.8)', advance='no') real(now - start, real64) / real(rate, real64)
      if (real(now - first, real64) >= seconds * real(rate, real64)) exit
    end do
    write (*, *)
    flush (6)
  end do
end program call_fortran
