"""Classes, signatures and documentation come from the catalogue."""

import inspect

import castalia
import numpy as np
import pytest


@pytest.mark.parametrize("entry", castalia.models(), ids=lambda entry: entry["name"])
def test_every_architecture_is_a_documented_class(entry):
    name = "".join(word.capitalize() for word in entry["name"].split("_"))
    made = getattr(castalia, name)
    assert issubclass(made, castalia.Model) and name in castalia.__all__
    assert entry["summary"] in made.__doc__
    signature = inspect.signature(made)
    for field in entry["fields"]:
        parameter = signature.parameters[field["name"]]
        assert field["name"] in made.__doc__ and field["meaning"].split()[0] in made.__doc__
        if "default" in field:
            assert parameter.default == field["default"]
        else:
            assert parameter.default is inspect.Parameter.empty


def test_a_model_by_its_name():
    model = castalia.create("coupling_flow", features=3)
    assert type(model) is castalia.CouplingFlow
    assert (model.features, model.context_features) == (3, 0)
    assert "3 features" in repr(model)
    model.close()
    assert "closed" in repr(model)


@pytest.mark.parametrize("dtype", ["float64", np.float64, np.dtype("float64")])
def test_a_type_of_numpy_names_the_type_of_the_weights(dtype):
    with castalia.CouplingFlow(features=2, dtype=dtype) as model:
        assert model.describe()["specification"]["dtype"] == "float64"


def test_training_fields_are_listed():
    names = {field["name"] for field in castalia.training_fields()}
    assert {"steps", "batch", "learning_rate", "checkpoint"} <= names


def test_threads_and_device():
    assert castalia.CouplingFlow(features=2, threads=2).features == 2
    with pytest.raises(castalia.OutOfRangeError, match="1024"):
        castalia.CouplingFlow(features=2, threads=5000)
    with pytest.raises(castalia.InvalidArgumentError, match="cuda:N"):
        castalia.CouplingFlow(features=2, device="abacus")
