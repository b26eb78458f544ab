!> A program of a user's: finds the module and the libraries through pkg-config.
program user_program
  use castalia
  implicit none

  write (*, '(a)') castalia_release()
end program user_program
