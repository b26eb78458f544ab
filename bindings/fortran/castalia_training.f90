! castalia_trainer: training step by step, for a host that keeps the loop to itself.
module castalia_training
  use, intrinsic :: iso_c_binding
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use castalia_c
  use castalia_data, only: castalia_dataset
  use castalia_errors, only: c_text, settle, settle_text
  use castalia_handles, only: castalia_owner, trainer_handle, release, share, take
  use castalia_models, only: castalia_model
  use castalia_settings, only: castalia_config
  use castalia_densities, only: castalia_target
  implicit none
  private

  type, public :: castalia_trainer
    private
    type(castalia_owner), public :: owner
  contains
    generic :: assignment(=) => trainer_assign
    procedure, private :: trainer_assign
    procedure :: create => trainer_create
    procedure :: create_target => trainer_create_target
    procedure :: advance => trainer_advance
    procedure :: status => trainer_status
    procedure :: checkpoint => trainer_checkpoint
    procedure :: history => trainer_history
    procedure :: finish => trainer_finish
    procedure :: destroy => trainer_destroy
  end type castalia_trainer

contains

  ! While it lives its model is busy to others.
  subroutine trainer_create(self, model, dataset, training, stat, errmsg)
    class(castalia_trainer), intent(inout) :: self
    type(castalia_model), intent(in) :: model
    type(castalia_dataset), intent(in) :: dataset
    type(castalia_config), intent(in), optional :: training
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: fields, handle
    integer(c_int) :: status

    fields = c_null_ptr
    if (present(training)) fields = training%owner%handle
    status = castalia_trainer_create(model%owner%handle, dataset%owner%handle, fields, handle)
    if (status == CASTALIA_OK) call take(self%owner, handle, trainer_handle)
    call settle(status, stat, errmsg)
  end subroutine trainer_create

  ! Towards a target; with an objective that learns from events, too, there is a data set.
  subroutine trainer_create_target(self, model, target, dataset, training, stat, errmsg)
    class(castalia_trainer), intent(inout) :: self
    type(castalia_model), intent(in) :: model
    type(castalia_target), intent(in) :: target
    type(castalia_dataset), intent(in), optional :: dataset
    type(castalia_config), intent(in), optional :: training
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: events, fields, handle
    integer(c_int) :: status

    events = c_null_ptr
    fields = c_null_ptr
    if (present(dataset)) events = dataset%owner%handle
    if (present(training)) fields = training%owner%handle
    status = castalia_trainer_create_target(model%owner%handle, target%owner%handle, events, fields, &
        handle)
    if (status == CASTALIA_OK) call take(self%owner, handle, trainer_handle)
    call settle(status, stat, errmsg)
  end subroutine trainer_create_target

  ! Takes up to this number of further steps.
  subroutine trainer_advance(self, steps, stat, errmsg)
    class(castalia_trainer), intent(in) :: self
    integer, intent(in) :: steps
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg

    call settle(castalia_trainer_advance(self%owner%handle, int(steps, c_int64_t)), stat, errmsg)
  end subroutine trainer_advance

  ! Steps taken and planned, mean loss of the last advance, last validation loss, whether training ended.
  subroutine trainer_status(self, step, steps, loss, validation_loss, finished, stat, errmsg)
    class(castalia_trainer), intent(in) :: self
    integer(int64), intent(out), optional :: step, steps
    real(real64), intent(out), optional :: loss, validation_loss
    logical, intent(out), optional :: finished
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int32_t) :: ended
    integer(c_int) :: status

    ended = 0
    status = castalia_trainer_status(self%owner%handle, step, steps, loss, validation_loss, ended)
    if (present(finished)) finished = ended /= 0
    call settle(status, stat, errmsg)
  end subroutine trainer_status

  subroutine trainer_checkpoint(self, path, stat, errmsg)
    class(castalia_trainer), intent(in) :: self
    character(len=*), intent(in) :: path
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg

    call settle(castalia_trainer_checkpoint(self%owner%handle, c_text(path)), stat, errmsg)
  end subroutine trainer_checkpoint

  ! Lists of step, loss, validation loss and learning rate, as JSON.
  subroutine trainer_history(self, json, stat, errmsg)
    class(castalia_trainer), intent(in) :: self
    character(len=:), allocatable, intent(out) :: json
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: text
    integer(c_int) :: status

    status = castalia_trainer_history(self%owner%handle, text)
    call settle_text(status, text, json, stat, errmsg)
  end subroutine trainer_history

  ! Puts the best weights so far into the model and frees it for other use.
  subroutine trainer_finish(self, stat, errmsg)
    class(castalia_trainer), intent(in) :: self
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg

    call settle(castalia_trainer_finish(self%owner%handle), stat, errmsg)
  end subroutine trainer_finish

  ! A trainer that did not finish leaves the model as it was.
  subroutine trainer_destroy(self)
    class(castalia_trainer), intent(inout) :: self

    call release(self%owner)
  end subroutine trainer_destroy

  ! Both then hold the same object.
  impure elemental subroutine trainer_assign(self, other)
    class(castalia_trainer), intent(inout) :: self
    class(castalia_trainer), intent(in) :: other

    call share(self%owner, other%owner)
  end subroutine trainer_assign

end module castalia_training
