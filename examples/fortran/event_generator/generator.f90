!> An event generator around a trained flow: initialise, next, rewind, finalise.
!>
!> The flow gives candidates: candidate i of a seed is the same event whether it is drawn alone or
!> among a thousand, so the buffer here changes the speed and nothing else. A candidate outside the
!> selection that defines the sample is passed over: the flow is smooth, and leaks a little over its edges.
module zjet_generator_module
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use castalia
  use zjet_kinematics
  implicit none
  private

  !> Which of the host's streams of random numbers turns and mirrors the event.
  integer, parameter :: turn_stage = 1

  type, public :: zjet_generator
    private
    type(castalia_model) :: model
    type(castalia_sampler) :: sampler
    integer(int64) :: seed = 0
    integer(int64) :: drawn = 0     !< candidates taken from the flow
    integer(int64) :: used = 0      !< candidates looked at
    integer(int64) :: kept = 0      !< events given out
    integer :: place = 0            !< last candidate of the buffer that was looked at
    real(real64), allocatable :: features(:, :)  !< (n_features, batch)
    real(real64), allocatable :: turn(:, :)      !< (2, batch), uniform in (0, 1): azimuth, side
  contains
    procedure :: initialise
    procedure :: set_batch
    procedure :: next
    procedure :: candidates
    procedure :: efficiency
    procedure :: finalise
  end type zjet_generator

contains

  !> Loads the model and stands before the first event of the seed.
  subroutine initialise(self, model_path, seed)
    class(zjet_generator), intent(inout) :: self
    character(len=*), intent(in) :: model_path
    integer(int64), intent(in) :: seed

    self%seed = seed
    call self%model%load(model_path)
    call self%sampler%create(self%model, seed)
    call self%set_batch(1)
  end subroutine initialise

  !> Draws this many candidates at a time from here on, starting again at the first event.
  subroutine set_batch(self, batch)
    class(zjet_generator), intent(inout) :: self
    integer, intent(in) :: batch

    if (allocated(self%features)) deallocate (self%features, self%turn)
    allocate (self%features(n_features, batch), self%turn(2, batch))
    self%place = batch
    self%drawn = 0
    self%used = 0
    self%kept = 0
    call self%sampler%seek(0_int64)
  end subroutine set_batch

  !> The next event: (E, px, py, pz) in GeV of the mu+, the mu- and the jet.
  subroutine next(self, p)
    class(zjet_generator), intent(inout) :: self
    real(real64), intent(out) :: p(4, 3)

    do
      if (self%place == size(self%features, 2)) then
        call self%sampler%next(self%features)
        call castalia_uniform(self%turn, self%seed, self%drawn, stage=turn_stage)
        self%drawn = self%drawn + size(self%features, 2)
        self%place = 0
      end if
      self%place = self%place + 1
      self%used = self%used + 1
      if (.not. is_physical(self%features(:, self%place))) cycle
      call event_from_features(self%features(:, self%place), &
                               pi * (2.0_real64 * self%turn(1, self%place) - 1.0_real64), &
                               sign(1.0_real64, self%turn(2, self%place) - 0.5_real64), p)
      if (is_accepted(p)) exit
    end do
    self%kept = self%kept + 1
  end subroutine next

  !> Candidates taken from the flow since the first event.
  integer(int64) function candidates(self)
    class(zjet_generator), intent(in) :: self

    candidates = self%drawn
  end function candidates

  !> Events given out for each candidate looked at.
  real(real64) function efficiency(self)
    class(zjet_generator), intent(in) :: self

    efficiency = real(self%kept, real64) / real(max(self%used, 1_int64), real64)
  end function efficiency

  subroutine finalise(self)
    class(zjet_generator), intent(inout) :: self

    call self%sampler%destroy()
    call self%model%destroy()
  end subroutine finalise

end module zjet_generator_module
