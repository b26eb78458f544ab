"""Writes the registry of observable sets from the paths of their observables.cc files.

usage: write_registry.py OUTPUT cpp/referee/observables/<set>/observables.cc ...
"""

import pathlib
import sys


def main():
    output, sources = sys.argv[1], sys.argv[2:]
    names = sorted(pathlib.PurePosixPath(path).parts[-2] for path in sources)
    declarations = "\n".join(f"const ObservableSet& {name}_observables();" for name in names)
    entries = "\n".join(f"      &{name}_observables()," for name in names)
    text = f"""// Generated from the folders of cpp/referee/observables: not edited by hand.
#include "cpp/referee/observables/registry.h"

namespace castalia {{

{declarations}

std::vector<const ObservableSet*> registered_observable_sets() {{
  return {{
{entries}
  }};
}}

}}  // namespace castalia
"""
    pathlib.Path(output).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
