"""Writes the low layers of Fortran and Julia from the C contract.

    generate.py fortran TREE HEADER OUTPUT
    generate.py julia   TREE HEADER OUTPUT

TREE is what `swig -xml bindings/castalia.i` wrote: types, enumerations, functions. HEADER is
capi/castalia.h itself, for its comments, which SWIG does not keep. Only Python's standard library is used.
"""

import re
import sys
import textwrap
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Parameter:
    name: str
    type: str  # SWIG's notation, without const: "p.castalia_model", "p.p.char", "int64_t"
    constant: bool  # what the pointer leads to is not written


@dataclass
class Function:
    name: str
    result: str
    parameters: list
    comment: str = ""


@dataclass
class Enumeration:
    name: str
    items: list  # (name, value, comment)


@dataclass
class Contract:
    functions: list
    enumerations: list
    callbacks: list  # Function
    handles: list  # names of opaque types
    members: list  # (name, type, extent or 0) of castalia_array
    version: int
    max_rank: int


# ---- Reading ------------------------------------------------------------------------------------


def attributes(node):
    """The attributes of a node of SWIG's tree."""
    listed = node.find("attributelist")
    found = (
        {}
        if listed is None
        else {a.get("name"): a.get("value") for a in listed.findall("attribute")}
    )
    return found


def parameter(type_text, name):
    constant = "q(const)." in type_text
    return Parameter(name, type_text.replace("q(const).", ""), constant)


def parameters(node):
    found = []
    for one in node.findall("attributelist/parmlist/parm"):
        values = attributes(one)
        if values["type"] != "void":
            found.append(parameter(values["type"], values["name"]))
    return found


def header_comments(header):
    """Maps the name of a declaration to the comment that stands before it or behind it on its line."""
    comments = {}
    before = re.compile(r"/\*((?:[^*]|\*(?!/))*)\*/\n(?=(?:CASTALIA_API|typedef)\b([^;{]*))")
    for match in before.finditer(header):
        names = re.findall(r"\b(castalia_\w+)", match.group(2))
        # A function's name is the one before the parenthesis; a type's is the last.
        function = re.search(r"\b(castalia_\w+)\s*\)?\(", match.group(2))
        pointer = re.search(r"\(\*(castalia_\w+)\)", match.group(2))
        name = pointer or function
        name = name.group(1) if name else (names[-1] if names else "")
        lines = [re.sub(r"^\s*\* ?", "", line) for line in match.group(1).split("\n")]
        comments[name] = " ".join(line.strip() for line in lines).strip()
    for name, comment in re.findall(
        r"^\s*(CASTALIA_\w+) = \d+,?\s*/\*\s*(.*?)\s*\*/", header, re.M
    ):
        comments[name] = comment
    return comments


def read(tree_path, header_path):
    tree = ElementTree.parse(tree_path).getroot()
    header = Path(header_path).read_text(encoding="utf-8")
    comments = header_comments(header)
    contract = Contract([], [], [], [], [], 0, 0)
    seen = set()
    for node in tree.iter():
        values = attributes(node) if node.tag in ("cdecl", "enum", "constant", "class") else {}
        name = values.get("name", "")
        if node.tag == "constant" and name == "CASTALIA_ABI_VERSION":
            contract.version = int(values["value"])
        elif node.tag == "constant" and name == "CASTALIA_MAX_RANK":
            contract.max_rank = int(values["value"])
        elif node.tag == "enum" and name.startswith("castalia_") and name not in seen:
            seen.add(name)
            items = [attributes(item) for item in node.findall("enumitem")]
            contract.enumerations.append(
                Enumeration(
                    name,
                    [(i["name"], int(i["enumvalue"]), comments.get(i["name"], "")) for i in items],
                )
            )
        elif node.tag == "class" and name == "castalia_array":
            for member in node.findall("cdecl"):
                of = attributes(member)
                array = re.match(r"a\((\w+)\)\.(.*)", of["decl"])
                contract.members.append(
                    (of["name"], of["decl"].rstrip(".") + "." + of["type"], 0)
                    if not array
                    else (of["name"], of["type"], array.group(1))
                )
        elif node.tag == "cdecl" and name.startswith("castalia_") and name not in seen:
            seen.add(name)
            function = Function(name, values["type"], parameters(node), comments.get(name, ""))
            if values.get("kind") == "function":
                if values["decl"].startswith("f(") and values["decl"].endswith(".p.q(const)."):
                    function.result = "p.char"
                elif values["decl"].endswith(").p."):
                    function.result = "p." + values["type"].replace("q(const).", "")
                contract.functions.append(function)
            elif values["decl"].startswith("p.f("):
                contract.callbacks.append(function)
            elif values["type"] == "struct " + name and name != "castalia_array":
                contract.handles.append(name)
    check(contract, header)
    return contract


def check(contract, header):
    """Every function of the header was seen: a construct that SWIG skips must not vanish in silence."""
    declared = set(re.findall(r"\b(castalia_\w+)\(", re.sub(r"/\*.*?\*/", "", header, flags=re.S)))
    found = {function.name for function in contract.functions}
    if declared != found:
        raise SystemExit(f"generate.py: lost or invented functions: {sorted(declared ^ found)}")
    undocumented = [f.name for f in contract.functions if any(p.type == "" for p in f.parameters)]
    if undocumented or not contract.version or not contract.members:
        raise SystemExit("generate.py: the parse tree is not of the expected form")


def wrapped(text, width):
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


# ---- Fortran ------------------------------------------------------------------------------------

FORTRAN_NUMBERS = {
    "int": "integer(c_int)",
    "int32_t": "integer(c_int32_t)",
    "int64_t": "integer(c_int64_t)",
    "uint64_t": "integer(c_int64_t)",
    "double": "real(c_double)",
    "castalia_status": "integer(c_int)",
    "castalia_dtype": "integer(c_int)",
}


def fortran_parameter(p, callbacks):
    """The declaration of a dummy argument. What may be NULL in C is optional here."""
    if p.type in FORTRAN_NUMBERS:
        return f"{FORTRAN_NUMBERS[p.type]}, value :: {p.name}"
    if p.type in callbacks:
        return f"type(c_funptr), value :: {p.name}"
    if p.type == "p.char":
        return f"character(kind=c_char), intent(in), optional :: {p.name}(*)"
    if p.type == "p.p.char":
        return f"type(c_ptr), intent(out) :: {p.name}"
    if p.type == "p.castalia_array":
        intent = "in" if p.constant else "inout"
        return f"type(castalia_array), intent({intent}), optional :: {p.name}"
    if p.type.startswith("p.p."):
        return f"type(c_ptr), intent(out) :: {p.name}"
    element = FORTRAN_NUMBERS.get(p.type[2:])
    if element and p.constant:
        return f"{element}, intent(in) :: {p.name}(*)"
    # What is written is one number, but for these.
    if element and p.name in ("shape", "log_density", "gradient", "y"):
        return f"{element}, intent(inout) :: {p.name}(*)"
    if element:
        return f"{element}, intent(out), optional :: {p.name}"
    return f"type(c_ptr), value :: {p.name}"


def fortran_statement(indent, head, names, tail):
    """head(names)tail, continued over lines of at most 100 characters."""
    lines = wrapped(f"{head}({', '.join(names)}){tail}", 94 - indent)
    pad = " " * indent
    return "".join(
        f"{pad}{'    ' if i else ''}{line}{' &' if i + 1 < len(lines) else ''}\n"
        for i, line in enumerate(lines)
    )


def fortran_procedure(function, callbacks, indent, bind):
    pad = " " * indent
    names = [p.name for p in function.parameters]
    out = "".join(f"{pad}! {line}\n" for line in wrapped(function.comment, 96 - indent))
    binding = f' bind(C, name="{function.name}")' if bind else " bind(C)"
    out += fortran_statement(
        indent, f"function {function.name}", names, f"{binding} result(answer)"
    )
    out += f"{pad}  import\n"
    for p in function.parameters:
        out += f"{pad}  {fortran_parameter(p, callbacks)}\n"
    result = FORTRAN_NUMBERS.get(function.result, "type(c_ptr)")
    out += f"{pad}  {result} :: answer\n{pad}end function {function.name}\n"
    return out


FORTRAN_TOP = """\
! Written by bindings/generate.py from capi/castalia.h; do not edit.
!
! The C interface of Castalia as it is. Fortran 2018, for optional arguments of C procedures: one that
! is absent is a null pointer. Programs use the module castalia, which stands on this one.
module castalia_c
  use, intrinsic :: iso_c_binding, only: c_char, c_double, c_funptr, c_int, c_int32_t, c_int64_t, &
      c_null_ptr, c_ptr
  implicit none
  public
"""


def fortran(contract):
    callbacks = {c.name for c in contract.callbacks}
    out = FORTRAN_TOP
    out += f"\n  integer, parameter :: castalia_abi_version_expected = {contract.version}\n"
    out += f"  integer, parameter :: castalia_max_rank = {contract.max_rank}\n"
    for enumeration in contract.enumerations:
        out += f"\n  ! {enumeration.name}\n  enum, bind(C)\n"
        for name, value, comment in enumeration.items:
            for line in wrapped(comment, 92):
                out += f"    ! {line}\n"
            out += f"    enumerator :: {name} = {value}\n"
        out += "  end enum\n"
    out += "\n  ! A view of memory; element (i, j) lies i*strides(1) + j*strides(2) elements behind data.\n"
    out += "  type, bind(C) :: castalia_array\n"
    for name, type_text, extent in contract.members:
        number = FORTRAN_NUMBERS.get(type_text.lstrip("."))
        if extent:
            count = contract.max_rank if extent == "CASTALIA_MAX_RANK" else int(extent)
            out += f"    {number} :: {name}({count}) = 0\n"
        elif number:
            out += f"    {number} :: {name} = 0\n"
        else:
            out += f"    type(c_ptr) :: {name} = c_null_ptr\n"
    out += "  end type castalia_array\n"
    out += "\n  abstract interface\n"
    out += "\n".join(fortran_procedure(c, callbacks, 4, bind=False) for c in contract.callbacks)
    out += "  end interface\n\n  interface\n"
    out += "\n".join(fortran_procedure(f, callbacks, 4, bind=True) for f in contract.functions)
    out += "  end interface\n\nend module castalia_c\n"
    return out


# ---- Julia --------------------------------------------------------------------------------------

JULIA_NUMBERS = {
    "int": "Cint",
    "int32_t": "Int32",
    "int64_t": "Int64",
    "uint64_t": "UInt64",
    "double": "Cdouble",
    "castalia_status": "Cint",
    "castalia_dtype": "Cint",
}


def julia_type(p, callbacks):
    if p.type in JULIA_NUMBERS:
        return JULIA_NUMBERS[p.type]
    if p.type in callbacks:
        return "Ptr{Cvoid}"
    if p.type == "p.char":
        return "Cstring"
    if p.type == "p.p.char":
        return "Ptr{Cstring}"
    if p.type == "p.castalia_array":
        return "Ptr{CArray}"
    if p.type.startswith("p.p."):
        return "Ptr{Ptr{Cvoid}}"
    if p.type[2:] in JULIA_NUMBERS:
        return f"Ptr{{{JULIA_NUMBERS[p.type[2:]]}}}"
    return "Ptr{Cvoid}"


JULIA_TOP = '''\
# Written by bindings/generate.py from capi/castalia.h; do not edit.
"""
The C interface of Castalia as it is: one function a function, with its name and its arguments.
`bind!` fills in the addresses from a loaded library; before that every call is an error.
"""
module LibCastalia

using Libdl
'''


def julia(contract):
    callbacks = {c.name for c in contract.callbacks}
    out = JULIA_TOP
    out += f"\nconst ABI_VERSION = {contract.version}\nconst MAX_RANK = {contract.max_rank}\n"
    for enumeration in contract.enumerations:
        out += f"\n# {enumeration.name}\n"
        for name, value, comment in enumeration.items:
            out += f"const {name} = Cint({value})" + (f"  # {comment}" if comment else "") + "\n"
    out += '\n"A view of memory; element (i, j) lies i*strides[1] + j*strides[2] elements behind `data`."\n'
    out += "struct CArray\n"
    for name, type_text, extent in contract.members:
        number = JULIA_NUMBERS.get(type_text.lstrip("."), "Ptr{Cvoid}")
        if extent:
            count = contract.max_rank if extent == "CASTALIA_MAX_RANK" else int(extent)
            number = f"NTuple{{{count},{number}}}"
        out += f"    {name}::{number}\n"
    out += "end\n"
    exported = [item[0] for enumeration in contract.enumerations for item in enumeration.items]
    out += (
        "\n"
        + "\n".join(wrapped("export CArray, " + ", ".join(exported), 96)).replace("\n", "\n    ")
        + "\n"
    )
    names = [f.name for f in contract.functions]
    out += "\nconst NAMES = [\n" + "".join(f"    :{name},\n" for name in names) + "]\n"
    out += "\nconst ADDRESSES = fill(C_NULL, length(NAMES))\n"
    out += '\n"Takes the addresses of all functions from a library that `dlopen` gave."\n'
    out += "function bind!(library::Ptr{Cvoid})\n"
    out += "    for (i, name) in enumerate(NAMES)\n"
    out += "        ADDRESSES[i] = dlsym(library, name)\n    end\nend\n"
    out += '\naddress(i) = ADDRESSES[i] == C_NULL ? error("libcastalia is not loaded") : ADDRESSES[i]\n'
    for i, function in enumerate(contract.functions):
        arguments = ", ".join(p.name for p in function.parameters)
        typed = ", ".join(f"{p.name}::{julia_type(p, callbacks)}" for p in function.parameters)
        result = JULIA_NUMBERS.get(function.result, "Cstring")
        comment = "\n".join(wrapped(function.comment, 92)).replace("\\", "\\\\").replace('"', '\\"')
        out += "\n" + (f'"""\n{comment}\n"""\n' if comment else "")
        out += f"function {function.name}({arguments})\n"
        out += f"    @ccall $(address({i + 1}))({typed})::{result}\nend\n"
    out += "\nend\n"
    return out


def main(arguments):
    writers = {"fortran": fortran, "julia": julia}
    if len(arguments) != 4 or arguments[0] not in writers:
        raise SystemExit(__doc__)
    language, tree, header, output = arguments
    Path(output).write_text(writers[language](read(tree, header)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
