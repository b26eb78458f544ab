"""One name, one definition: a planted second one is found."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def check(root):
    return subprocess.run(
        [sys.executable, ROOT / "tools/check_names.py", str(root)], capture_output=True, text=True
    )


def test_the_library_defines_no_name_twice():
    result = check(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        ("inline constexpr int kRows = 1;", "inline constexpr int kRows = 2;", "kRows"),
        ("struct Cloud {\n  int a;\n};", "class Cloud : public Other {\n};", "Cloud"),
        ("enum class Kind { a };", "struct Kind {};", "Kind"),
    ],
)
def test_a_second_definition_is_found(tmp_path, first, second, name):
    for folder, definition in (("cpp", first), ("models", second)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "planted.h").write_text(
            f"namespace castalia {{\n{definition}\n}}  // namespace castalia\n"
        )
    result = check(tmp_path)
    assert result.returncode == 1
    assert result.stdout == f"castalia::{name} is defined in cpp/planted.h and models/planted.h\n"


def test_other_namespaces_and_declarations_do_not_clash(tmp_path):
    (tmp_path / "cpp").mkdir()
    for number, text in enumerate(
        [
            "namespace castalia {\nstruct A {\n};\nstruct B;\n}  // namespace castalia\n",
            "namespace castalia {\nnamespace {\nstruct A {\n};\n}  // namespace\nstruct B;\n"
            "}  // namespace castalia\n",
            "namespace castalia::cpu {\nstruct A {\n};\n}  // namespace castalia::cpu\n",
        ]
    ):
        (tmp_path / "cpp" / f"planted_{number}.cc").write_text(text)
    assert check(tmp_path).returncode == 0
