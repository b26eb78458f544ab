! Metrics that tell a good generator from a bad one.
!
!   call castalia_evaluate("mmd", generated, reference, value, null_value=equal, null_error=spread)
!
! Samples are data sets (castalia_dataset); observables of them are made by dataset%observe.
module castalia_referee
  use, intrinsic :: iso_c_binding
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use castalia_c, c_evaluate => castalia_evaluate, c_metrics => castalia_metrics, &
      c_observable_sets => castalia_observable_sets
  use castalia_data, only: castalia_dataset
  use castalia_errors, only: c_text, settle, settle_text, text_of
  use castalia_settings, only: castalia_config, castalia_context
  implicit none
  private
  public :: castalia_evaluate, castalia_metrics, castalia_observable_sets

  interface castalia_evaluate
    module procedure evaluate_sample
  end interface castalia_evaluate

  ! call castalia_metrics(json [, stat, errmsg])
  interface castalia_metrics
    module procedure list_metrics
  end interface castalia_metrics

  ! call castalia_observable_sets(json [, stat, errmsg])
  interface castalia_observable_sets
    module procedure list_observable_sets
  end interface castalia_observable_sets

contains

  ! How far generated events are from reference events by a metric (castalia_metrics lists them): its
  ! value and error (one standard deviation); null_value and null_error, what two samples of one
  ! distribution and of these sizes give; NaN where no law gives it. report: all figures, settings and
  ! details as JSON. training is what the generator learned from, for the metrics that ask for it,
  ! options are fields of the metric.
  subroutine evaluate_sample(metric, generated, reference, value, error, null_value, null_error, report, &
                             training, options, seed, settings, stat, errmsg)
    character(len=*), intent(in) :: metric
    type(castalia_dataset), intent(in) :: generated, reference
    real(real64), intent(out), optional :: value, error, null_value, null_error
    character(len=:), allocatable, intent(out), optional :: report
    type(castalia_dataset), intent(in), optional :: training
    type(castalia_config), intent(in), optional :: options
    integer(int64), intent(in), optional :: seed
    type(castalia_context), intent(in), optional :: settings
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: with, learned, fields, text
    integer(c_int64_t) :: first
    integer(c_int) :: status

    with = c_null_ptr
    learned = c_null_ptr
    fields = c_null_ptr
    first = 0
    if (present(settings)) with = settings%owner%handle
    if (present(training)) learned = training%owner%handle
    if (present(options)) fields = options%owner%handle
    if (present(seed)) first = seed
    status = c_evaluate(with, c_text(metric), generated%owner%handle, reference%owner%handle, learned, fields, &
                        first, c_null_funptr, c_null_ptr, value, error, null_value, null_error, text)
    if (status == CASTALIA_OK .and. present(report)) report = text_of(text)
    call settle(status, stat, errmsg)
  end subroutine evaluate_sample

  ! The metrics as JSON: name, family, summary, description, fields, references.
  subroutine list_metrics(json, stat, errmsg)
    character(len=:), allocatable, intent(out) :: json
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: text
    integer(c_int) :: status

    status = c_metrics(text)
    call settle_text(status, text, json, stat, errmsg)
  end subroutine list_metrics

  ! The sets of observables as JSON: name, summary, description, fields, references.
  subroutine list_observable_sets(json, stat, errmsg)
    character(len=:), allocatable, intent(out) :: json
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: text
    integer(c_int) :: status

    status = c_observable_sets(text)
    call settle_text(status, text, json, stat, errmsg)
  end subroutine list_observable_sets

end module castalia_referee
