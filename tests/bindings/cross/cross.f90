! One of four programs that do the same in four languages; cross.c says what.
program cross
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use castalia
  implicit none
  character(len=1024) :: what, path, file

  call get_command_argument(1, what)
  call get_command_argument(2, path)
  call get_command_argument(3, file)
  select case (what)
  case ("train")
    call train(trim(path))
  case ("sample")
    call sample(trim(path), trim(file))
  case default
    error stop "usage: cross train MODEL | cross sample MODEL FILE"
  end select

contains

  subroutine train(path)
    character(len=*), intent(in) :: path
    type(castalia_config) :: fields, training
    type(castalia_model) :: model
    real(real64) :: x(2, 1000)

    call castalia_normal(x, 42_int64, 0_int64)
    call fields%set("features", 2)
    call fields%set("layers", 2)
    call fields%set("hidden", 16)
    call fields%set("hidden_layers", 1)
    call fields%set("bins", 4)
    call fields%set("seed", 3)
    call training%create('{"steps": 30, "batch": 128, "validation": 0.2, "seed": 5}')
    call model%create("coupling_flow", fields)
    call model%fit(x, training=training)
    call model%save(path)
  end subroutine train

  subroutine sample(path, file)
    character(len=*), intent(in) :: path, file
    type(castalia_model) :: model
    type(castalia_sampler) :: sampler
    real(real64) :: whole(2, 50), drawn(2, 50)
    integer :: i

    call model%load(path)
    call model%sample(whole, seed=7, first_event=100_int64)
    call sampler%create(model, 7)
    call sampler%seek(100_int64)
    do i = 1, 50, 10
      call sampler%next(drawn(:, i:i + 9))
    end do
    call castalia_hdf5_write(file, "whole", whole, replace=.true.)
    call castalia_hdf5_write(file, "drawn", drawn)
  end subroutine sample

end program cross
