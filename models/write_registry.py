"""Writes the registry of architectures from the paths of their model.cc files.

usage: write_registry.py OUTPUT models/<family>/<architecture>/model.cc ...
"""

import pathlib
import sys


def main():
    output, sources = sys.argv[1], sys.argv[2:]
    names = sorted(pathlib.PurePosixPath(path).parts[-2] for path in sources)
    if len(set(names)) != len(names):
        sys.exit("two architectures have the same name: " + ", ".join(names))
    declarations = "\n".join(f"const Architecture& {name}_architecture();" for name in names)
    entries = "\n".join(f"      &{name}_architecture()," for name in names)
    text = f"""// Generated from the folders of models/: not edited by hand.
#include "models/registry.h"

namespace castalia {{

{declarations}

std::vector<const Architecture*> registered_architectures() {{
  return {{
{entries}
  }};
}}

}}  // namespace castalia
"""
    pathlib.Path(output).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
