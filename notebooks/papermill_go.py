"""papermill with parameters for Go: papermill itself can't write them.

    python notebooks/papermill_go.py IN.ipynb OUT.ipynb -p seed 7 -p target sneaker

takes papermill's own arguments. The notebook has a cell with the tag "parameters" that declares the defaults, such as

    var seed = 1
    var target = "sneaker"

and papermill puts a cell after it that declares those again that are given. In a Python program, import this module before
papermill.execute_notebook is called.
"""

import json
import math
import re

from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators

# A declaration: name, type (or nothing), value, comment (or nothing).
DECLARATION = re.compile(r"^var\s+(\w+)\s*([^=]*?)\s*=\s*(.*?)\s*(?://\s*(.*))?$")


class GoTranslator(Translator):
    """Go variables: strings, booleans, numbers, and lists and dictionaries of those, all of one type."""

    @classmethod
    def translate_str(cls, val):
        return json.dumps(val, ensure_ascii=False).replace("\ufeff", "\\ufeff")  # Go's strings have JSON's escapes

    @classmethod
    def translate_none(cls, val):
        raise ValueError("None has no type in Go: leave the parameter out, or give it a value")

    @classmethod
    def translate_float(cls, val):
        if not math.isfinite(val):
            raise ValueError(f"{val} is no constant in Go: make it in the notebook, with math.NaN() or math.Inf(1)")
        return repr(val)

    @classmethod
    def translate_list(cls, val):
        return f"[]{cls.type_of(val)}{{{', '.join(map(cls.translate, val))}}}"

    @classmethod
    def translate_dict(cls, val):
        entries = (f"{cls.translate_str(str(key))}: {cls.translate(value)}" for key, value in val.items())
        return f"map[string]{cls.type_of(val.values())}{{{', '.join(entries)}}}"

    @classmethod
    def type_of(cls, values):
        """The Go type of all values: int, float64 (of ints too, if there are others), string or bool; any of none."""
        names = {bool: "bool", int: "int", float: "float64", str: "string"}
        found = {names.get(type(value)) for value in values}
        if found == {"int", "float64"}:
            found = {"float64"}
        if not found:
            return "any"
        if len(found) > 1 or None in found:
            raise ValueError(f"{list(values)}: a list or dictionary holds strings, booleans or numbers, all of one type")
        return found.pop()

    @classmethod
    def comment(cls, cmt_str):
        return f"// {cmt_str}"

    @classmethod
    def assign(cls, name, str_val):
        return f"var {name} = {str_val}"

    @classmethod
    def inspect(cls, parameters_cell):
        found = map(DECLARATION.match, parameters_cell["source"].splitlines())
        return [Parameter(m[1], m[2] or "None", m[3], m[4] or "") for m in found if m]


papermill_translators.register("go", GoTranslator)

if __name__ == "__main__":
    from papermill.__main__ import papermill

    papermill()
