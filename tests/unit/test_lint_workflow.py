"""The workflow's linter: it waives two findings and no other."""

from lint_workflow import WAIVED, findings

SAID = f"""Lints for rule one (line 4, /a folder/data.smk):
    * {WAIVED[0]}:
      This way, the used software is specified.
    * No log directive defined:
      Without a log directive, all output will be printed.

Lints for rule two (line 9, /a folder/data.smk):
    * {WAIVED[0]}:
      This way, the used software is specified.

"""


def test_every_other_finding_is_kept():
    assert findings(SAID) == ["rule one (line 4, /a folder/data.smk): No log directive defined"]
