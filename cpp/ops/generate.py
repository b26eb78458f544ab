"""Writes what gathers the operator folders: a folder under cpp/ops is an operator, and there is no other list.

    generate.py OUT FILE...

FILE are the files of all folders (cpp/ops/<operator>/<file>); into OUT go
  ops.h          every op.h
  operators.cc   all_operators()
  references.cc  find_reference()
  kernel_table.cc  the kernels of every cpu.cc
  case_table.cc  cases_of()
A folder without op.h, op.cc or cases.cc is an error.
"""

import pathlib
import sys

REQUIRED = {
    "op.h": "the declaration of its builder",
    "op.cc": "its shape rule and its gradient or definition",
    "cases.cc": "the shapes, attributes and input domains that its tests run over",
}

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


def operators_cc(folders):
    rows = "".join(f"      &{operator}_operator(),\n" for operator in folders)
    return source(
        "registry.h",
        '#include "cpp/ops/ops.h"\n\nnamespace castalia {\n\n'
        "std::span<const Operator* const> all_operators() {\n"
        f"  static const Operator* const operators[] = {{\n{rows}  }};\n"
        "  return operators;\n}\n\n}  // namespace castalia\n",
    )


def table_cc(folders, file, include, signature, declaration, lookup, row):
    """A source file with a table of one function a folder that has the given file."""
    operators = [operator for operator, names in folders.items() if file in names]
    declarations = "".join(declaration.format(operator) + "\n" for operator in operators)
    rows = "".join(f"      {row.format(operator)},\n" for operator in operators)
    return source(
        include,
        "#include <map>\n#include <string>\n\nnamespace castalia {\n\n"
        f"{declarations}\n{signature} {{\n{lookup.format(rows)}}}\n\n}}  // namespace castalia\n",
    )


FIND = """  static const std::map<std::string, {type}> table{{{{
{{0}}  }}}};
  const auto found = table.find(operator_name);
  return found == table.end() ? nullptr : found->second;
"""


def references_cc(folders):
    return table_cc(
        folders,
        "reference.cc",
        "reference.h",
        "Reference find_reference(const std::string& operator_name)",
        "std::vector<Tensor> {}_reference(const Attributes&, std::span<const Tensor>);",
        FIND.format(type="Reference"),
        '{{"{0}", {0}_reference}}',
    )


def case_table_cc(folders):
    return table_cc(
        folders,
        "cases.cc",
        "cases.h",
        "CaseList find_cases(const std::string& operator_name)",
        "std::vector<Case> {}_cases();",
        FIND.format(type="CaseList"),
        '{{"{0}", {0}_cases}}',
    )


def kernel_table_cc(folders):
    operators = [operator for operator, names in folders.items() if "cpu.cc" in names]
    declarations = "".join(f"void {operator}_kernels(KernelTable& table);\n" for operator in operators)
    calls = "".join(f"  {operator}_kernels(table);\n" for operator in operators)
    return source(
        "kernels.h",
        f"namespace castalia {{\n\n{declarations}\n"
        f"void add_all_kernels(KernelTable& table) {{\n{calls}}}\n\n}}  // namespace castalia\n",
    )


def main():
    out = pathlib.Path(sys.argv[1])
    folders = read_folders(sys.argv[2:])
    for name, write in {
        "ops.h": ops_h,
        "operators.cc": operators_cc,
        "references.cc": references_cc,
        "kernel_table.cc": kernel_table_cc,
        "case_table.cc": case_table_cc,
    }.items():
        (out / name).write_text(write(folders))


if __name__ == "__main__":
    main()
