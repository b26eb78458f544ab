"""
Castalia: generative models for particle physics.

    using Castalia
    model = CouplingFlow(features = 9)
    fit!(model, x; steps = 4000)            # x[feature, event], Float32 or Float64
    save(model, "flow.safetensors")
    events = sample(load("flow.safetensors"), 1000; seed = 1)

Arrays are `(feature, event)` and are handed over without a copy, views included. Every architecture of
the catalogue has a constructor; `models()` lists them. Failures are `CastaliaError(code, message)`.
"""
module Castalia

using Libdl, Printf

export CastaliaError, Model, Sampler, Trainer, Dataset, Context, EventWriter
export fit!, sample, sample!, next!, seek!, tell, logprob, score, transform, inverse, encode, save, load
export advance!, finish!, checkpoint, history, status, describe, plan, parameters, parameters!
export convertmodel, exportmodel
export models, info, trainingfields, transformers, bijections, adversarial, writeevent!
export Target, targets, logdensity, weigh
export Surrogate, surrogatefields
export metrics, observablesets, evaluate, observe, weights
export hdf5shape, hdf5read, hdf5write, uniform!, normal!

include("LibCastalia.jl")
using .LibCastalia

include("json.jl")
include("library.jl")
include("handles.jl")
include("arrays.jl")
include("settings.jl")
include("data.jl")
include("model.jl")
include("target.jl")
include("training.jl")
include("surrogate.jl")
include("referee.jl")
include("events.jl")
include("catalogue.jl")

function __init__()
    load_library!()
end

end
