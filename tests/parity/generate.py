"""Writes the fixtures that the tests of this folder replay: inputs, outputs, gradients and curves from PyTorch.

    pip install torch==2.13.0 numpy safetensors==0.8.0
    DL_DATA=/path/to/data python tests/parity/generate.py [section ...]

A section is a file of `sections/` with a function of its name, which writes the fixture of that name. The same bytes come
out on every run.
"""

import importlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
ALL = sorted(f[:-3] for f in os.listdir(os.path.join(HERE, "sections")) if f.endswith(".py") and f not in ("calls.py", "common.py", "module_case.py", "op_case.py"))
for name in sys.argv[1:] or ALL:
    getattr(importlib.import_module(f"sections.{name}"), name)()
