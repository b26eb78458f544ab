"""Writes the list of what the folders of a registry define: a folder is an entry; there is no other list.

usage: write_registry.py OUTPUT --header HEADER --type TYPE [--suffix SUFFIX] [--namespace NAMESPACE]
                         --function FUNCTION SOURCE ...

Each SOURCE is <folder>/<file>.cc in the folder of one entry and defines
`const TYPE& <folder>_<suffix>()`; the suffix is the type in lower case unless it is given. FUNCTION, which
HEADER declares, returns a pointer to each.
"""

import argparse
import pathlib
import sys


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--header", required=True)
    parser.add_argument("--type", required=True)
    parser.add_argument("--suffix")
    parser.add_argument("--namespace", default="castalia")
    parser.add_argument("--function", required=True)
    parser.add_argument("sources", nargs="+", type=pathlib.PurePosixPath)
    arguments = parser.parse_args()
    names = sorted(source.parts[-2] for source in arguments.sources)
    if len(set(names)) != len(names):
        sys.exit(f"two folders have the same name: {', '.join(names)}")
    kind = arguments.type
    suffix = arguments.suffix or kind.lower()
    functions = [f"{name}_{suffix}()" for name in names]
    declarations = "\n".join(f"const {kind}& {function};" for function in functions)
    entries = "\n".join(f"      &{function}," for function in functions)
    text = f"""// Generated from the folders by tools/bazel/write_registry.py: not edited by hand.
#include "{arguments.header}"

namespace {arguments.namespace} {{

{declarations}

std::vector<const {kind}*> {arguments.function}() {{
  return {{
{entries}
  }};
}}

}}  // namespace {arguments.namespace}
"""
    arguments.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
