! Castalia for Fortran: generative models for particle physics.
!
!   use castalia
!   type(castalia_config) :: fields
!   type(castalia_model) :: model
!   type(castalia_sampler) :: sampler
!
!   call fields%set("features", 9)
!   call model%create("coupling_flow", fields)
!   call model%fit(x)                          ! x(feature, event), real32 or real64
!   call model%save("flow.safetensors")
!   call sampler%create(model, seed=1)
!   call sampler%next(events)                  ! events(feature, event), or one event(feature)
!
! Arrays are handed over where they lie, sections too. Every call takes stat (0, or one of the constants
! CASTALIA_NOT_FOUND, ...) and errmsg; without stat a failure is `error stop` with the message.
! Assignment shares an object between two variables; it goes when its last variable does, or by `destroy`.
! Variables of a main program live until it ends. A type of yours may hold such variables; assign them one
! by one rather than the whole, and give them back through arguments rather than as function results:
! gfortran 12 miscounts both. Threads: as capi/castalia.h says.
module castalia
  use castalia_c, only: CASTALIA_BUSY, CASTALIA_CALLBACK_FAILED, CASTALIA_CANCELLED, &
      CASTALIA_CORRUPT_FILE, CASTALIA_DEVICE_UNAVAILABLE, CASTALIA_DTYPE_MISMATCH, CASTALIA_EMPTY_DATA, &
      CASTALIA_FLOAT32, CASTALIA_FLOAT64, CASTALIA_INTERNAL, CASTALIA_INVALID_ARGUMENT, &
      CASTALIA_INVALID_HANDLE, CASTALIA_IO_ERROR, CASTALIA_NEWER_VERSION, CASTALIA_NOT_FINITE, &
      CASTALIA_NOT_FOUND, CASTALIA_NUMERICAL, CASTALIA_OK, CASTALIA_OUT_OF_MEMORY, &
      CASTALIA_OUT_OF_RANGE, CASTALIA_SHAPE_MISMATCH, CASTALIA_UNSUPPORTED
  use castalia_data
  use castalia_events
  use castalia_models
  use castalia_referee
  use castalia_samplers
  use castalia_settings
  use castalia_densities
  use castalia_simulators
  use castalia_training
  implicit none
  public
end module castalia
