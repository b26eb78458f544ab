! castalia_event_writer: Les Houches and HepMC3 files.
module castalia_events
  use, intrinsic :: iso_c_binding
  use, intrinsic :: iso_fortran_env, only: int32, real64
  use castalia_c
  use castalia_errors, only: c_text, settle
  use castalia_handles, only: castalia_owner, event_writer_handle, release, share, take
  use castalia_settings, only: castalia_config, castalia_context
  implicit none
  private

  type, public :: castalia_event_writer
    private
    type(castalia_owner), public :: owner
  contains
    generic :: assignment(=) => event_writer_assign
    procedure, private :: event_writer_assign
    procedure :: create => writer_create
    procedure :: write => writer_write
    procedure :: close => writer_close
    procedure :: destroy => writer_destroy
  end type castalia_event_writer

contains

  ! format: "lhe" or "hepmc3". Fields of the configuration: energy, beam, cross_section, ...
  subroutine writer_create(self, path, format, config, settings, stat, errmsg)
    class(castalia_event_writer), intent(inout) :: self
    character(len=*), intent(in) :: path, format
    type(castalia_config), intent(in), optional :: config
    type(castalia_context), intent(in), optional :: settings
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    type(c_ptr) :: fields, handle, with
    integer(c_int) :: status

    fields = c_null_ptr
    with = c_null_ptr
    if (present(config)) fields = config%owner%handle
    if (present(settings)) with = settings%owner%handle
    status = castalia_event_writer_create(with, c_text(path), c_text(format), fields, handle)
    if (status == CASTALIA_OK) call take(self%owner, handle, event_writer_handle)
    call settle(status, stat, errmsg)
  end subroutine writer_create

  ! One event: PDG ids(n); status(n) -1 incoming, 2 intermediate, 1 final; mothers(2, n), first and last,
  ! counted from 1, 0 for none; momenta(4, n) = (E, px, py, pz) and masses(n) in GeV.
  subroutine writer_write(self, ids, status, mothers, momenta, masses, weight, stat, errmsg)
    class(castalia_event_writer), intent(in) :: self
    integer(int32), intent(in) :: ids(:)
    integer(int32), intent(in) :: status(:)
    integer(int32), intent(in) :: mothers(:, :)
    real(real64), intent(in) :: momenta(:, :)
    real(real64), intent(in) :: masses(:)
    real(real64), intent(in), optional :: weight
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg
    integer :: n
    real(real64) :: event_weight

    n = size(ids)
    ! The library cannot see these extents; -1 particles make it refuse by itself.
    if (size(status) /= n .or. any(shape(mothers) /= [2, n]) .or. any(shape(momenta) /= [4, n]) &
        .or. size(masses) /= n) n = -1
    event_weight = 1.0_real64
    if (present(weight)) event_weight = weight
    call settle(castalia_event_writer_write(self%owner%handle, int(n, c_int32_t), ids, status, mothers, &
        momenta, masses, event_weight), stat, errmsg)
  end subroutine writer_write

  ! Completes the file; one that is never closed leaves no file.
  subroutine writer_close(self, stat, errmsg)
    class(castalia_event_writer), intent(in) :: self
    integer, intent(out), optional :: stat
    character(len=*), intent(inout), optional :: errmsg

    call settle(castalia_event_writer_close(self%owner%handle), stat, errmsg)
  end subroutine writer_close

  subroutine writer_destroy(self)
    class(castalia_event_writer), intent(inout) :: self

    call release(self%owner)
  end subroutine writer_destroy

  ! Both then hold the same object.
  impure elemental subroutine event_writer_assign(self, other)
    class(castalia_event_writer), intent(inout) :: self
    class(castalia_event_writer), intent(in) :: other

    call share(self%owner, other%owner)
  end subroutine event_writer_assign

end module castalia_events
