! castalia_dataset: events to train on. HDF5 files. Random numbers that belong to an event.
module castalia_data
  use, intrinsic :: iso_c_binding
  use, intrinsic :: iso_fortran_env, only: int32, int64, real32, real64
  use castalia_c, c_hdf5_read => castalia_hdf5_read, c_hdf5_shape => castalia_hdf5_shape, &
      c_hdf5_write => castalia_hdf5_write, c_normal => castalia_normal, c_uniform => castalia_uniform
  use castalia_errors, only: c_text, settle, settle_text
  use castalia_handles, only: castalia_owner, dataset_handle, release, share, take
  use castalia_settings, only: castalia_config, castalia_context
  use castalia_views, only: view, view_event
  implicit none
  private
  public :: castalia_hdf5_read, castalia_hdf5_shape, castalia_hdf5_write
  public :: castalia_normal, castalia_uniform

  type, public :: castalia_dataset
    private
    type(castalia_owner), public :: owner
  contains
    generic :: assignment(=) => dataset_assign
    procedure, private :: dataset_assign
    generic :: create => create_real32, create_real64
    procedure :: open => dataset_open
    procedure :: get_shape => dataset_shape
    generic :: read => read_real32, read_real64
    generic :: read_weights => read_weights_real32, read_weights_real64
    procedure :: observe => dataset_observe
    procedure, private :: read_weights_real32, read_weights_real64
    procedure :: describe => dataset_describe
    procedure :: destroy => dataset_destroy
    procedure, private :: create_real32, create_real64, read_real32, read_real64
  end type castalia_dataset

  ! call castalia_hdf5_shape(path, dataset, extents [, stat, errmsg]): the extents in Fortran's order.
  interface castalia_hdf5_shape
    module procedure hdf5_extents
  end interface castalia_hdf5_shape

  ! call castalia_hdf5_read(path, dataset, x [, first, stat, errmsg]): x has the shape of the rows that are
  ! wanted, axes in Fortran's order: a data set of shape (events, 3, 4) fills x(4, 3, events).
  interface castalia_hdf5_read
    module procedure hdf5_read1_real32, hdf5_read2_real32, hdf5_read3_real32
    module procedure hdf5_read1_real64, hdf5_read2_real64, hdf5_read3_real64
  end interface castalia_hdf5_read

  ! call castalia_hdf5_write(path, dataset, x [, replace, stat, errmsg]): appends rows.
  interface castalia_hdf5_write
    module procedure hdf5_write1_real32, hdf5_write2_real32, hdf5_write3_real32
    module procedure hdf5_write1_real64, hdf5_write2_real64, hdf5_write3_real64
  end interface castalia_hdf5_write

  ! call castalia_uniform(x, seed, event [, stage, stat, errmsg]): numbers in (0, 1). x(j) belongs to
  ! the event, x(j, i) to event + i - 1; a number depends on seed, event, stage (0 to 999) and j alone.
  interface castalia_uniform
    module procedure uniform1_real32, uniform2_real32, uniform1_real64, uniform2_real64
  end interface castalia_uniform

  ! The same with mean 0 and variance 1.
  interface castalia_normal
    module procedure normal1_real32, normal2_real32, normal1_real64, normal2_real64
  end interface castalia_normal

contains

  ! x(feature, event), context(feature, event), weights(event); the data are copied.
  subroutine create_real32(self, x, context, weights, settings, stat, errmsg)
    class(castalia_dataset), intent(inout) :: self
    real(real32), intent(in), target :: x(:, :)
    real(real32), intent(in), target, optional :: context(:, :)
    real(real32), intent(in), target, optional :: weights(:)
    type(castalia_context), intent(in), optional :: settings
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data, condition, weight

    call view(data, x)
    if (present(context)) call view(condition, context)
    if (present(weights)) call view(weight, weights)
    call create(self, data, condition, weight, settings, stat, errmsg)
  end subroutine create_real32

  ! x(feature, event), context(feature, event), weights(event); the data are copied.
  subroutine create_real64(self, x, context, weights, settings, stat, errmsg)
    class(castalia_dataset), intent(inout) :: self
    real(real64), intent(in), target :: x(:, :)
    real(real64), intent(in), target, optional :: context(:, :)
    real(real64), intent(in), target, optional :: weights(:)
    type(castalia_context), intent(in), optional :: settings
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data, condition, weight

    call view(data, x)
    if (present(context)) call view(condition, context)
    if (present(weights)) call view(weight, weights)
    call create(self, data, condition, weight, settings, stat, errmsg)
  end subroutine create_real64

  subroutine create(self, x, context, weights, settings, stat, errmsg)
    class(castalia_dataset), intent(inout) :: self
    type(castalia_array), intent(in) :: x
    type(castalia_array), intent(in), optional :: context, weights
    type(castalia_context), intent(in), optional :: settings
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: handle, with
    integer(c_int) :: status

    with = c_null_ptr
    if (present(settings)) with = settings%owner%handle
    status = castalia_dataset_create(with, x, context, weights, handle)
    if (status == CASTALIA_OK) call take(self%owner, handle, dataset_handle)
    call settle(status, stat, errmsg)
  end subroutine create

  ! Data sets of an HDF5 file, by their names.
  subroutine dataset_open(self, path, x, context, weights, settings, stat, errmsg)
    class(castalia_dataset), intent(inout) :: self
    character(len=*), intent(in) :: path, x
    character(len=*), intent(in), optional :: context, weights
    type(castalia_context), intent(in), optional :: settings
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    character(kind=c_char, len=:), allocatable :: condition, weight
    type(c_ptr) :: handle, with
    integer(c_int) :: status

    with = c_null_ptr
    if (present(settings)) with = settings%owner%handle
    ! What stays unallocated is absent, and NULL to the library.
    if (present(context)) condition = c_text(context)
    if (present(weights)) weight = c_text(weights)
    status = castalia_dataset_open(with, c_text(path), c_text(x), condition, weight, handle)
    if (status == CASTALIA_OK) call take(self%owner, handle, dataset_handle)
    call settle(status, stat, errmsg)
  end subroutine dataset_open

  ! Makes self a set of observables of every event of another data set (castalia_observable_sets lists
  ! them), with the events' context and weights. options are fields of the set.
  subroutine dataset_observe(self, events, observables, options, settings, stat, errmsg)
    class(castalia_dataset), intent(inout) :: self
    type(castalia_dataset), intent(in) :: events
    character(len=*), intent(in) :: observables
    type(castalia_config), intent(in), optional :: options
    type(castalia_context), intent(in), optional :: settings
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: handle, with, fields
    integer(c_int) :: status

    with = c_null_ptr
    fields = c_null_ptr
    if (present(settings)) with = settings%owner%handle
    if (present(options)) fields = options%owner%handle
    status = castalia_dataset_observe(with, events%owner%handle, c_text(observables), fields, handle)
    if (status == CASTALIA_OK) call take(self%owner, handle, dataset_handle)
    call settle(status, stat, errmsg)
  end subroutine dataset_observe

  ! Columns (name, units, meaning) and details of the whole sample, as JSON.
  subroutine dataset_describe(self, json, stat, errmsg)
    class(castalia_dataset), intent(in) :: self
    character(len=:), allocatable, intent(out) :: json
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: text
    integer(c_int) :: status

    status = castalia_dataset_describe(self%owner%handle, text)
    call settle_text(status, text, json, stat, errmsg)
  end subroutine dataset_describe

  subroutine dataset_shape(self, events, features, context_features, stat, errmsg)
    class(castalia_dataset), intent(in) :: self
    integer(int64), intent(out), optional :: events, features, context_features
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg

    call settle(castalia_dataset_shape(self%owner%handle, events, features, context_features), stat, errmsg)
  end subroutine dataset_shape

  ! Events first, first + 1, ... (from 0) into x and context, one an event of the arrays.
  subroutine read_real32(self, x, context, first, stat, errmsg)
    class(castalia_dataset), intent(in) :: self
    real(real32), intent(inout), target :: x(:, :)
    real(real32), intent(inout), target, optional :: context(:, :)
    integer(int64), intent(in), optional :: first
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data, condition

    call view(data, x)
    if (present(context)) call view(condition, context)
    call settle(castalia_dataset_read(self%owner%handle, from_zero(first), data, condition), stat, errmsg)
  end subroutine read_real32

  ! Events first, first + 1, ... (from 0) into x and context, one an event of the arrays.
  subroutine read_real64(self, x, context, first, stat, errmsg)
    class(castalia_dataset), intent(in) :: self
    real(real64), intent(inout), target :: x(:, :)
    real(real64), intent(inout), target, optional :: context(:, :)
    integer(int64), intent(in), optional :: first
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data, condition

    call view(data, x)
    if (present(context)) call view(condition, context)
    call settle(castalia_dataset_read(self%owner%handle, from_zero(first), data, condition), stat, errmsg)
  end subroutine read_real64

  ! Weights of the events first, first + 1, ... (from 0); 1 for each where there are none.
  subroutine read_weights_real32(self, weights, first, stat, errmsg)
    class(castalia_dataset), intent(in) :: self
    real(real32), intent(inout), target :: weights(:)
    integer(int64), intent(in), optional :: first
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: values

    call view(values, weights)
    call settle(castalia_dataset_weights(self%owner%handle, from_zero(first), values), stat, errmsg)
  end subroutine read_weights_real32

  ! Weights of the events first, first + 1, ... (from 0); 1 for each where there are none.
  subroutine read_weights_real64(self, weights, first, stat, errmsg)
    class(castalia_dataset), intent(in) :: self
    real(real64), intent(inout), target :: weights(:)
    integer(int64), intent(in), optional :: first
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: values

    call view(values, weights)
    call settle(castalia_dataset_weights(self%owner%handle, from_zero(first), values), stat, errmsg)
  end subroutine read_weights_real64

  subroutine dataset_destroy(self)
    class(castalia_dataset), intent(inout) :: self

    call release(self%owner)
  end subroutine dataset_destroy

  pure function from_zero(first) result(start)
    integer(int64), intent(in), optional :: first
    integer(int64) :: start

    start = 0
    if (present(first)) start = first
  end function from_zero

  subroutine hdf5_extents(path, dataset, extents, stat, errmsg)
    character(len=*), intent(in) :: path, dataset
    integer(int64), allocatable, intent(out) :: extents(:)
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer(c_int64_t) :: found(castalia_max_rank)
    integer(c_int32_t) :: rank
    integer(c_int) :: status

    status = c_hdf5_shape(c_text(path), c_text(dataset), rank, found)
    if (status == CASTALIA_OK) extents = found(rank:1:-1)
    call settle(status, stat, errmsg)
  end subroutine hdf5_extents

  subroutine hdf5_read1_real32(path, dataset, x, first, stat, errmsg)
    character(len=*), intent(in) :: path, dataset
    real(real32), intent(inout), target :: x(:)
    integer(int64), intent(in), optional :: first
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data

    call view(data, x)
    call settle(c_hdf5_read(c_text(path), c_text(dataset), from_zero(first), data), stat, errmsg)
  end subroutine hdf5_read1_real32

  subroutine hdf5_write1_real32(path, dataset, x, replace, stat, errmsg)
    character(len=*), intent(in) :: path, dataset
    real(real32), intent(in), target :: x(:)
    logical, intent(in), optional :: replace
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data
    integer(c_int32_t) :: anew

    anew = 0
    if (present(replace)) anew = merge(1_c_int32_t, 0_c_int32_t, replace)
    call view(data, x)
    call settle(c_hdf5_write(c_text(path), c_text(dataset), data, anew), stat, errmsg)
  end subroutine hdf5_write1_real32

  subroutine hdf5_read2_real32(path, dataset, x, first, stat, errmsg)
    character(len=*), intent(in) :: path, dataset
    real(real32), intent(inout), target :: x(:, :)
    integer(int64), intent(in), optional :: first
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data

    call view(data, x)
    call settle(c_hdf5_read(c_text(path), c_text(dataset), from_zero(first), data), stat, errmsg)
  end subroutine hdf5_read2_real32

  subroutine hdf5_write2_real32(path, dataset, x, replace, stat, errmsg)
    character(len=*), intent(in) :: path, dataset
    real(real32), intent(in), target :: x(:, :)
    logical, intent(in), optional :: replace
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data
    integer(c_int32_t) :: anew

    anew = 0
    if (present(replace)) anew = merge(1_c_int32_t, 0_c_int32_t, replace)
    call view(data, x)
    call settle(c_hdf5_write(c_text(path), c_text(dataset), data, anew), stat, errmsg)
  end subroutine hdf5_write2_real32

  subroutine hdf5_read3_real32(path, dataset, x, first, stat, errmsg)
    character(len=*), intent(in) :: path, dataset
    real(real32), intent(inout), target :: x(:, :, :)
    integer(int64), intent(in), optional :: first
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data

    call view(data, x)
    call settle(c_hdf5_read(c_text(path), c_text(dataset), from_zero(first), data), stat, errmsg)
  end subroutine hdf5_read3_real32

  subroutine hdf5_write3_real32(path, dataset, x, replace, stat, errmsg)
    character(len=*), intent(in) :: path, dataset
    real(real32), intent(in), target :: x(:, :, :)
    logical, intent(in), optional :: replace
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data
    integer(c_int32_t) :: anew

    anew = 0
    if (present(replace)) anew = merge(1_c_int32_t, 0_c_int32_t, replace)
    call view(data, x)
    call settle(c_hdf5_write(c_text(path), c_text(dataset), data, anew), stat, errmsg)
  end subroutine hdf5_write3_real32

  subroutine hdf5_read1_real64(path, dataset, x, first, stat, errmsg)
    character(len=*), intent(in) :: path, dataset
    real(real64), intent(inout), target :: x(:)
    integer(int64), intent(in), optional :: first
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data

    call view(data, x)
    call settle(c_hdf5_read(c_text(path), c_text(dataset), from_zero(first), data), stat, errmsg)
  end subroutine hdf5_read1_real64

  subroutine hdf5_write1_real64(path, dataset, x, replace, stat, errmsg)
    character(len=*), intent(in) :: path, dataset
    real(real64), intent(in), target :: x(:)
    logical, intent(in), optional :: replace
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data
    integer(c_int32_t) :: anew

    anew = 0
    if (present(replace)) anew = merge(1_c_int32_t, 0_c_int32_t, replace)
    call view(data, x)
    call settle(c_hdf5_write(c_text(path), c_text(dataset), data, anew), stat, errmsg)
  end subroutine hdf5_write1_real64

  subroutine hdf5_read2_real64(path, dataset, x, first, stat, errmsg)
    character(len=*), intent(in) :: path, dataset
    real(real64), intent(inout), target :: x(:, :)
    integer(int64), intent(in), optional :: first
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data

    call view(data, x)
    call settle(c_hdf5_read(c_text(path), c_text(dataset), from_zero(first), data), stat, errmsg)
  end subroutine hdf5_read2_real64

  subroutine hdf5_write2_real64(path, dataset, x, replace, stat, errmsg)
    character(len=*), intent(in) :: path, dataset
    real(real64), intent(in), target :: x(:, :)
    logical, intent(in), optional :: replace
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data
    integer(c_int32_t) :: anew

    anew = 0
    if (present(replace)) anew = merge(1_c_int32_t, 0_c_int32_t, replace)
    call view(data, x)
    call settle(c_hdf5_write(c_text(path), c_text(dataset), data, anew), stat, errmsg)
  end subroutine hdf5_write2_real64

  subroutine hdf5_read3_real64(path, dataset, x, first, stat, errmsg)
    character(len=*), intent(in) :: path, dataset
    real(real64), intent(inout), target :: x(:, :, :)
    integer(int64), intent(in), optional :: first
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data

    call view(data, x)
    call settle(c_hdf5_read(c_text(path), c_text(dataset), from_zero(first), data), stat, errmsg)
  end subroutine hdf5_read3_real64

  subroutine hdf5_write3_real64(path, dataset, x, replace, stat, errmsg)
    character(len=*), intent(in) :: path, dataset
    real(real64), intent(in), target :: x(:, :, :)
    logical, intent(in), optional :: replace
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data
    integer(c_int32_t) :: anew

    anew = 0
    if (present(replace)) anew = merge(1_c_int32_t, 0_c_int32_t, replace)
    call view(data, x)
    call settle(c_hdf5_write(c_text(path), c_text(dataset), data, anew), stat, errmsg)
  end subroutine hdf5_write3_real64

  pure function stage_of(stage) result(number)
    integer, intent(in), optional :: stage
    integer(c_int32_t) :: number

    number = 0
    if (present(stage)) number = int(stage, c_int32_t)
  end function stage_of

  subroutine uniform1_real32(x, seed, event, stage, stat, errmsg)
    real(real32), intent(inout), target :: x(:)
    integer(int64), intent(in) :: seed, event
    integer, intent(in), optional :: stage
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data

    call view_event(data, x)
    call settle(c_uniform(seed, event, stage_of(stage), data), stat, errmsg)
  end subroutine uniform1_real32

  subroutine uniform2_real32(x, seed, event, stage, stat, errmsg)
    real(real32), intent(inout), target :: x(:, :)
    integer(int64), intent(in) :: seed, event
    integer, intent(in), optional :: stage
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data

    call view(data, x)
    call settle(c_uniform(seed, event, stage_of(stage), data), stat, errmsg)
  end subroutine uniform2_real32

  subroutine uniform1_real64(x, seed, event, stage, stat, errmsg)
    real(real64), intent(inout), target :: x(:)
    integer(int64), intent(in) :: seed, event
    integer, intent(in), optional :: stage
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data

    call view_event(data, x)
    call settle(c_uniform(seed, event, stage_of(stage), data), stat, errmsg)
  end subroutine uniform1_real64

  subroutine uniform2_real64(x, seed, event, stage, stat, errmsg)
    real(real64), intent(inout), target :: x(:, :)
    integer(int64), intent(in) :: seed, event
    integer, intent(in), optional :: stage
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data

    call view(data, x)
    call settle(c_uniform(seed, event, stage_of(stage), data), stat, errmsg)
  end subroutine uniform2_real64

  subroutine normal1_real32(x, seed, event, stage, stat, errmsg)
    real(real32), intent(inout), target :: x(:)
    integer(int64), intent(in) :: seed, event
    integer, intent(in), optional :: stage
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data

    call view_event(data, x)
    call settle(c_normal(seed, event, stage_of(stage), data), stat, errmsg)
  end subroutine normal1_real32

  subroutine normal2_real32(x, seed, event, stage, stat, errmsg)
    real(real32), intent(inout), target :: x(:, :)
    integer(int64), intent(in) :: seed, event
    integer, intent(in), optional :: stage
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data

    call view(data, x)
    call settle(c_normal(seed, event, stage_of(stage), data), stat, errmsg)
  end subroutine normal2_real32

  subroutine normal1_real64(x, seed, event, stage, stat, errmsg)
    real(real64), intent(inout), target :: x(:)
    integer(int64), intent(in) :: seed, event
    integer, intent(in), optional :: stage
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data

    call view_event(data, x)
    call settle(c_normal(seed, event, stage_of(stage), data), stat, errmsg)
  end subroutine normal1_real64

  subroutine normal2_real64(x, seed, event, stage, stat, errmsg)
    real(real64), intent(inout), target :: x(:, :)
    integer(int64), intent(in) :: seed, event
    integer, intent(in), optional :: stage
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(castalia_array), allocatable :: data

    call view(data, x)
    call settle(c_normal(seed, event, stage_of(stage), data), stat, errmsg)
  end subroutine normal2_real64

  ! Both then hold the same object.
  impure elemental subroutine dataset_assign(self, other)
    class(castalia_dataset), intent(inout) :: self
    class(castalia_dataset), intent(in) :: other

    call share(self%owner, other%owner)
  end subroutine dataset_assign

end module castalia_data
