# Runs a Julia test file and writes its counts as a JUnit file, from Julia 1.5 on.
#
# usage: julia julia_suite.jl runtests.jl RESULTS.xml
using Test

# (passed, failed, broken) of a test set and those in it.
function counts(set::Test.DefaultTestSet)
    passed, failed, broken = set.n_passed, 0, 0
    for result in set.results
        if result isa Test.DefaultTestSet
            p, f, b = counts(result)
            passed, failed, broken = passed + p, failed + f, broken + b
        elseif result isa Test.Pass
            passed += 1
        elseif result isa Test.Broken
            broken += 1
        else
            failed += 1
        end
    end
    return passed, failed, broken
end

function run(file)
    try
        return counts(@testset "julia" begin
            include(file)
        end)
    catch problem
        problem isa Test.TestSetException || rethrow()
        return problem.pass, problem.fail + problem.error, problem.broken
    end
end

function main(file, report)
    passed, failed, broken = run(abspath(file))
    open(report, "w") do out
        println(out, "<testsuite name=\"julia\">")
        outcomes = (
            (passed, ""),
            (failed, "<failure/>"),
            (broken, "<skipped message=\"marked as broken\"/>"),
        )
        for (number, element) in outcomes
            for i in 1:number
                println(out, "<testcase classname=\"julia\" name=\"test $i\">$element</testcase>")
            end
        end
        println(out, "</testsuite>")
    end
    return failed == 0 ? 0 : 1
end

exit(main(ARGS...))
