"""How `.venv/bin/jupyter nbconvert --to html` makes pages that need no network: formulas become MathML, which browsers draw by
themselves, and nothing is asked for from elsewhere. The Makefile puts this file where Jupyter looks for it."""

import html
import re

from latex2mathml.converter import convert
from nbconvert.preprocessors import Preprocessor

# Code first, so that its dollars are no formulas.
FORMULA = re.compile(r"```.*?```|`[^`]*`|\$\$(?P<block>.+?)\$\$|\$(?P<inline>[^$\n]+)\$", re.DOTALL)


class MathML(Preprocessor):
    """Puts MathML in the place of formulas in text cells. The file is left as it is."""

    def preprocess_cell(self, cell, resources, index):
        if cell.cell_type == "markdown":
            cell.source = FORMULA.sub(mathml, cell.source)
        return cell, resources


def mathml(match):
    for display in "block", "inline":
        if match[display]:
            drawn = convert(match[display], display=display)
            # the letters of the alphabet have double-struck forms in browsers' MathML, the indicator's 1 is a character
            drawn = drawn.replace('<mn mathvariant="double-struck">1</mn>', "<mi>\U0001d7d9</mi>")
            return drawn.replace("<math ", f'<math alttext="{html.escape(match[display].strip())}" ')
    return match[0]


exporter = get_config().HTMLExporter  # noqa: F821: Jupyter's own function for files such as this
exporter.preprocessors = [MathML]
exporter.mathjax_url = exporter.require_js_url = "data:text/javascript,"
