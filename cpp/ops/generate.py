"""Writes what gathers the operator folders: a folder under cpp/ops is an operator; there is no other list.

    generate.py OUT FILE...

FILE are the files of all folders (cpp/ops/<operator>/<file>); into OUT go
  ops.h            every op.h
  operators.cc     every op.cc, and all_operators()
  references.cc    every reference.cc, and find_reference()
  kernel_table.cc  add_all_kernels(), which calls what every cpu.cc defines
  case_table.cc    every cases.cc, and find_cases()
  cuda_table.cc    add_all_cuda_kernels(), which calls what every cuda.cu defines
  cuda_kernels_N.cc  the cuda.cu files, in CUDA_UNITS parts that are compiled side by side
The many small files of one kind are compiled as one unit, which is several times quicker; so names
in their unnamed namespaces carry the operator's name. A folder without op.h, op.cc or cases.cc is an
error.
"""

import pathlib
import sys

REQUIRED = {
    "op.h": "the declaration of its builder",
    "op.cc": "its shape rule and its gradient or definition",
    "cases.cc": "the shapes, attributes and input domains that its tests run over",
}

CUDA_UNITS = 6

HEADER = "// Written by cpp/ops/generate.py from the operator folders.\n"


def read_folders(files):
    """The operators' names, each with the set of its files' names."""
    folders = {}
    for file in map(pathlib.PurePath, files):
        folders.setdefault(file.parent.name, set()).add(file.name)
    problems = []
    for operator, names in sorted(folders.items()):
        for required, meaning in REQUIRED.items():
            if required not in names:
                problems.append(f"cpp/ops/{operator} has no {required}: {meaning}")
    if problems:
        sys.exit("\n".join(problems))
    return dict(sorted(folders.items()))


def ops_h(folders):
    includes = "".join(f'#include "cpp/ops/{operator}/op.h"\n' for operator in folders)
    return (
        HEADER
        + "#ifndef CASTALIA_CPP_OPS_OPS_H_\n#define CASTALIA_CPP_OPS_OPS_H_\n\n"
        + includes
        + "\n#endif  // CASTALIA_CPP_OPS_OPS_H_\n"
    )


def source(include, body):
    return f'{HEADER}#include "cpp/ops/{include}"\n\n{body}'


def include_all(operators, file):
    return "".join(f'#include "cpp/ops/{operator}/{file}"\n' for operator in operators)


def operators_cc(folders):
    rows = "".join(f"      &{operator}_operator(),\n" for operator in folders)
    return source(
        "registry.h",
        f"{include_all(folders, 'op.cc')}\nnamespace castalia {{\n\n"
        "std::span<const Operator* const> all_operators() {\n"
        f"  static const Operator* const operators[] = {{\n{rows}  }};\n"
        "  return operators;\n}\n\n}  // namespace castalia\n",
    )


def lookup_cc(folders, file, header, kind, function):
    """The folders' files of one name, and a function that finds what each defines: <operator>_<suffix>."""
    operators = [operator for operator, names in folders.items() if file in names]
    suffix = file.removesuffix(".cc")
    rows = "".join(f'      {{"{operator}", {operator}_{suffix}}},\n' for operator in operators)
    return source(
        header,
        f"#include <map>\n#include <string>\n\n{include_all(operators, file)}\nnamespace castalia {{\n\n"
        f"{kind} {function}(const std::string& operator_name) {{\n"
        f"  static const std::map<std::string, {kind}> table{{\n{rows}  }};\n"
        "  const auto found = table.find(operator_name);\n"
        "  return found == table.end() ? nullptr : found->second;\n}\n\n}  // namespace castalia\n",
    )


def references_cc(folders):
    return lookup_cc(folders, "reference.cc", "reference.h", "Reference", "find_reference")


def case_table_cc(folders):
    return lookup_cc(folders, "cases.cc", "cases.h", "CaseList", "find_cases")


def table_cc(folders, file, header, suffix):
    """A function that calls what the folders' files of one name define: <operator>_<suffix>."""
    operators = [operator for operator, names in folders.items() if file in names]
    declarations = "".join(
        f"void {operator}_{suffix}(KernelTable& table);\n" for operator in operators
    )
    calls = "".join(f"  {operator}_{suffix}(table);\n" for operator in operators)
    return source(
        header,
        f"namespace castalia {{\n\n{declarations}\n"
        f"void add_all_{suffix}(KernelTable& table) {{\n{calls}}}\n\n}}  // namespace castalia\n",
    )


def kernel_table_cc(folders):
    return table_cc(folders, "cpu.cc", "kernels.h", "kernels")


def cuda_table_cc(folders):
    return table_cc(folders, "cuda.cu", "cuda_kernels.h", "cuda_kernels")


def cuda_unit_cc(folders, unit):
    operators = [operator for operator, names in folders.items() if "cuda.cu" in names]
    return HEADER + include_all(operators[unit::CUDA_UNITS], "cuda.cu")


def main():
    out = pathlib.Path(sys.argv[1])
    folders = read_folders(sys.argv[2:])
    for name, write in {
        "ops.h": ops_h,
        "operators.cc": operators_cc,
        "references.cc": references_cc,
        "kernel_table.cc": kernel_table_cc,
        "case_table.cc": case_table_cc,
        "cuda_table.cc": cuda_table_cc,
    }.items():
        (out / name).write_text(write(folders))
    for unit in range(CUDA_UNITS):
        (out / f"cuda_kernels_{unit}.cc").write_text(cuda_unit_cc(folders, unit))


if __name__ == "__main__":
    main()
