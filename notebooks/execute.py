"""Executes the code cells of a notebook from top to bottom in one process, as Jupyter does, and shows the value of a cell's last expression.

Usage: python3 execute.py NOTEBOOK. Exit code 1 if a cell fails; the message names it.
"""

import ast
import json
import os
import sys
import traceback

path = sys.argv[1]
with open(path, encoding="utf8") as file:
    cells = [cell for cell in json.load(file)["cells"] if cell["cell_type"] == "code"]
os.chdir(os.path.dirname(os.path.abspath(path)))
names = {"__name__": "__main__"}
for number, cell in enumerate(cells, 1):
    source = "".join(cell["source"])
    try:
        tree = ast.parse(source, f"cell {number}")
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, f"cell {number}", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names)
            if value is not None:
                text = value.to_string() if hasattr(value, "to_string") else repr(value)
                print(text if len(text) < 2000 else f"{type(value).__name__}, {len(text)} characters")
    except Exception:
        traceback.print_exc()
        sys.exit(f"{os.path.basename(path)}: cell {number} of {len(cells)} failed")
print(f"{len(cells)} cells executed")
