using Castalia, Random, Test

const FIELDS = (layers = 2, hidden = 16, hidden_layers = 1, bins = 4)
const TRAINING = (steps = 40, batch = 128, validation = 0.2, progress = false)

Random.seed!(1)
const context = randn(1, 1000)
const first_feature = randn(1, 1000) .+ context
const x = vcat(first_feature, 0.5 .* first_feature .+ 0.3 .* randn(1, 1000))

"Runs f, which must fail with a CastaliaError, and gives the error."
function failure(f)
    try
        f()
    catch exception
        exception isa CastaliaError || rethrow()
        return exception
    end
    error("nothing failed")
end

@testset "Castalia" begin
    @testset "JSON" begin
        text = """{"a": [1, -2.5e3, true, null], "b": "x\\n\\u00e9\\ud83d\\ude00", "c": {}}"""
        value = Castalia.parsejson(text)
        @test value["a"] == Any[1, -2500.0, true, nothing]
        @test value["b"] == "x\né😀"
        @test Castalia.parsejson(Castalia.writejson(value)) == value
        @test_throws ArgumentError Castalia.parsejson("[1, 2")
        @test_throws ArgumentError Castalia.parsejson("[1] 2")
        @test_throws ArgumentError Castalia.writejson(NaN)
    end

    @testset "catalogue" begin
        for entry in models()
            name = Castalia.typename(entry["name"])
            @test isdefined(Castalia, name)
            text = string(Base.Docs.doc(Base.Docs.Binding(Castalia, name)))
            @test occursin(entry["summary"], text)
            @test all(occursin(field["name"], text) for field in entry["fields"])
        end
        @test any(field["name"] == "steps" for field in trainingfields())
        @test haskey(info(), "version")
        model = CouplingFlow(features = 3)
        @test model isa Model{:coupling_flow}
        @test occursin("3 features", string(model))
        @test Model("coupling_flow"; features = 3) isa CouplingFlow
    end

    model = CouplingFlow(; features = 2, FIELDS...)
    states = []
    fit!(model, x; callback = s -> push!(states, s), TRAINING...)

    @testset "training" begin
        @test states[end].step == states[end].steps == 40
        before = parameters(model)
        @test_throws DomainError fit!(model, x; callback = s -> throw(DomainError(1)), TRAINING...)
        @test parameters(model) == before

        other = CouplingFlow(; features = 2, FIELDS...)
        data = Dataset(x)
        fields = Base.structdiff(TRAINING, (progress = 0,))
        trainer = Trainer(other, data; fields...)
        @test failure(() -> Trainer(other, data; fields...)).code == :BUSY
        while !status(trainer).finished
            advance!(trainer, 7)
        end
        finish!(trainer)
        @test length(history(trainer)["loss"]) > 0
        close(trainer)
        # The same fields give the same weights, however the steps are cut.
        @test parameters(other) == before
    end

    @testset "sampling" begin
        whole = sample(model, 50; seed = 3)
        @test size(whole) == (2, 50) && eltype(whole) == Float32
        @test all(isfinite, whole)
        @test sample(model, 20; seed = 3, first_event = 30) == whole[:, 31:50]
        sampler = Sampler(model, 3)
        @test hcat(next!(sampler, 7), next!(sampler, 13)) == whole[:, 1:20]
        @test tell(sampler) == 20
        @test next!(seek!(sampler, 10), 1) == whole[:, 11:11]
        close(sampler)
        @test failure(() -> next!(sampler, 1)).code == :INVALID_HANDLE

        # The caller's own memory, of any strides.
        room = zeros(Float32, 4, 100)
        sample!(view(room, 1:2:4, 100:-2:1), model; seed = 3)
        @test room[1:2:4, 100:-2:1] == whole
        @test all(iszero, room[2:2:4, :])
        turned = zeros(Float64, 50, 2)
        @test sample!(PermutedDimsArray(turned, (2, 1)), model; seed = 3) ≈ whole
        @test_throws ArgumentError sample!(zeros(Int, 2, 5), model)
    end

    @testset "context" begin
        conditional = CouplingFlow(; features = 2, context_features = 1, FIELDS...)
        fit!(conditional, x; context = context, TRAINING...)
        low = sample(conditional, 100; context = fill(-2.0, 1, 100))
        high = sample(conditional, 100; context = fill(2.0, 1, 100))
        @test sum(high[1, :]) > sum(low[1, :])
        @test occursin("context", failure(() -> sample(conditional, 3)).message)
    end

    @testset "density" begin
        exact = convertmodel(model, Float64)
        z, logdet = transform(exact, x)
        back, inverselogdet = inverse(exact, z)
        @test back ≈ x atol = 1e-9
        @test inverselogdet ≈ -logdet atol = 1e-9
        @test logprob(exact, x) ≈ logdet .- vec(sum(abs2, z; dims = 1)) ./ 2 .- log(2pi) atol = 1e-9
        @test logprob(exact, view(x, :, 1:2:9)) == logprob(exact, x)[1:2:9]
        parameters!(exact, 0.5 .* parameters(exact))
        @test !(logprob(exact, x) ≈ logprob(model, x))
    end

    @testset "scores" begin
        label = Float64.(x[1:1, :] .> 0)
        tagger = Pivot(features = 2, hidden = 8, adversary_hidden = 8)
        fit!(tagger, x; context = vcat(label, randn(1, 1000)), steps = 60, batch = 64,
             learning_rate = 0.01, progress = false)
        response = score(tagger, x)
        @test all(0 .<= response .<= 1)
        @test sum(response .* vec(label)) / sum(label) > sum(response) / 1000
        @test failure(() -> score(model, x)).code == :UNSUPPORTED
    end

    @testset "surrogates" begin
        calls = Ref(0)
        function simulator(parameters, rows, x)
            calls[] += 1
            calls[] == 3 && throw(DomainError(3, "mine"))
            return fill(parameters[1], 1, length(rows)) .+ 0.01 .* x
        end
        generator = Gan(features = 1, context_features = 2, generator_hidden = 8)
        search = Surrogate(simulator, [1.0]; model = generator, inputs = randn(1, 20),
                           training = (steps = 3, batch = 32, validation = 0))
        @test_throws DomainError advance!(search)
        @test status(search).simulated == 2 * 128
        @test isfinite(status(search).objective)
        advance!(search, 2)
        @test status(search).step == 2 && calls[] == 33
        @test length(describe(search)["history"]) == 2
        @test any(field -> field["name"] == "moves", surrogatefields())
        @test failure(() -> Surrogate(simulator, [1.0, 2.0, 3.0]; model = generator)).code == :SHAPE_MISMATCH
    end

    mktempdir() do folder
        @testset "files" begin
            path = joinpath(folder, "flow.safetensors")
            save(model, path)
            loaded = Castalia.load(path)
            @test loaded isa CouplingFlow
            @test sample(loaded, 20; seed = 1) == sample(model, 20; seed = 1)
            @test describe(loaded)["specification"] == describe(model)["specification"]
            rounded = Castalia.load(path; products = "bfloat16_emulated")
            @test sample(rounded, 20; seed = 1) != sample(model, 20; seed = 1)
            @test failure(() -> Castalia.load(path; products = "tf32")).code == :DEVICE_UNAVAILABLE

            file = joinpath(folder, "data.h5")
            block = reshape(collect(1.0:24.0), 2, 3, 4)
            hdf5write(file, "x", block)
            hdf5write(file, "x", block)
            @test hdf5shape(file, "x") == (2, 3, 8)
            @test hdf5read(file, "x"; first = 4) == block
            @test hdf5read(file, "x", Float32; first = 1, rows = 1) == Float32.(block[:, :, 2:2])
            @test size(Dataset(file, "x")) == (events = 8, features = 6, context_features = 0)
            @test failure(() -> hdf5shape(file, "y")).code == :NOT_FOUND

            events = joinpath(folder, "events.lhe")
            writer = EventWriter(events, "lhe"; energy = 6500)
            momenta = [50 50 100 50 50; 0 0 0 50 -50; 0 0 0 0 0; 50 -50 0 0 0]
            mothers = [0 0 1 3 3; 0 0 2 3 3]
            writeevent!(writer, [2, -2, 23, 13, -13], [-1, -1, 2, 1, 1], mothers, momenta, [0, 0, 100, 0, 0])
            @test_throws DimensionMismatch writeevent!(writer, [1], [1], [0 0], momenta, [0])
            @test !isfile(events)
            close(writer)
            @test filesize(events) > 0
        end
    end

    @testset "random numbers" begin
        whole = uniform!(zeros(3, 10), 1; stage = 2)
        @test all(0 .< whole .< 1)
        @test uniform!(zeros(3, 4), 1; event = 6, stage = 2) == whole[:, 7:10]
        @test abs(sum(normal!(zeros(1, 10000), 1)) / 10000) < 0.05
        @test failure(() -> uniform!(zeros(1, 1), 1; stage = 1000)).code == :OUT_OF_RANGE
    end

    @testset "referee" begin
        @test length(metrics()) > 10
        (reference, same) = (randn(3, 500), randn(3, 400))
        near = evaluate("mmd", same, reference; seed = 1)
        far = evaluate("mmd", same .+ 0.5, reference; seed = 1)
        @test abs(near.value - near.null_value) < 4near.null_error
        @test far.value - far.null_value > 10far.null_error
        @test far.report["figures"][1]["value"] == far.value
        @test failure(() -> evaluate("mdd", same, reference)).code == :NOT_FOUND
        @test failure(() -> evaluate("mmd", same[1:2, :], reference)).code == :SHAPE_MISMATCH
        @test failure(() -> evaluate("mmd", same, reference; callback = share -> false)).code == :CANCELLED
        seen = Float64[]
        evaluate("mmd", same, reference; callback = share -> push!(seen, share))
        @test !isempty(seen) && issorted(seen) && seen[end] <= 1
        @test_throws DivideError evaluate("mmd", same, reference; callback = share -> div(1, 0))
        momenta = Float64[5 10; 3 0; 0 6; 4 8; 5 5; -3 0; 0 -3; 4 -4]
        observed = observe(Dataset(momenta), "kinematics")
        @test size(observed).events == 2
        @test length(describe(observed)["columns"]) == size(observed).features
        flow = CouplingFlow(features = 3, layers = 2, hidden = 16, bins = 4)
        weighted = Dataset(reference; weights = collect(1.0:500))
        fit!(flow, weighted; progress = false, steps = 5, batch = 64)
        latent = encode(flow, weighted)
        @test weights(latent; first = 7, n = 2) == [8, 9]
        @test describe(latent)["columns"][3]["name"] == "latent_2"
        @test evaluate("frechet_distance", latent, encode(flow, Dataset(same))).value > 0
        @test failure(() -> encode(flow, Dataset(same[1:2, :]))).code == :SHAPE_MISMATCH
    end

    @testset "errors" begin
        @test failure(() -> CouplingFlow(featurs = 2)).code == :NOT_FOUND
        @test occursin("features", failure(() -> CouplingFlow(featurs = 2)).message)
        @test failure(() -> CouplingFlow(features = 0)).code == :OUT_OF_RANGE
        @test failure(() -> logprob(model, zeros(5, 3))).code == :SHAPE_MISMATCH
        @test failure(() -> Context(device = "abacus")).code == :INVALID_ARGUMENT
        @test_throws ArgumentError logprob(model, ["a" "b"])
        @test occursin("NOT_FOUND", sprint(showerror, failure(() -> Model("nothing"))))
    end
end
