"""The command behind `make kpi`: lays out the two files of a new KPI as a copy of one that works.

What the files have to say is checked in catalogue.py, as for every KPI.
"""

import re
import sys
from pathlib import Path

from expectations.catalogue import KPI_FOLDER

MODEL_FOLDER = KPI_FOLDER.parents[1] / "dbt_project" / "models" / "kpis"
LIKE = "unanswered_rate"
"""The KPI that is copied where none is named: a plain ratio over tickets."""


class LayoutError(Exception):
    """The files cannot be laid out. The message says why, and what to do."""


def lay_out(
    kpi_id: str, like: str, *, definitions: Path = KPI_FOLDER, models: Path = MODEL_FOLDER
) -> tuple[Path, Path]:
    """Write the definition and the model of a new KPI, and return their paths.

    Both work as they are: until they are edited the new KPI tells what the other one does.

    Args:
        kpi_id: Lower case, digits and underscores.
        like: The KPI whose files are copied; take one of the kind that is needed.
        definitions: The folder of the definitions.
        models: The folder of the KPIs' models.

    Raises:
        LayoutError: Where the id cannot be one or is taken, or there is no such KPI to copy.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", kpi_id):
        raise LayoutError(
            f"{kpi_id!r} is no id of a KPI: use lower-case letters, digits and underscores."
        )
    definition, model = definitions / f"{kpi_id}.yml", models / f"kpi_{kpi_id}.sql"
    for path in (definition, model):
        if path.exists():
            raise LayoutError(f"{path} is there already: edit it, or take another id.")
    pattern = definitions / f"{like}.yml"
    if not pattern.exists():
        known = ", ".join(path.stem for path in sorted(definitions.glob("*.yml")))
        raise LayoutError(f"There is no KPI {like!r} to copy; name one of {known}.")
    words = pattern.read_text(encoding="utf-8")
    words = re.sub(rf"^id: {like}$", f"id: {kpi_id}", words, flags=re.MULTILINE)
    name = kpi_id.replace("_", " ").capitalize()
    words = re.sub(r"^label: .*$", f"label: {{en: {name}, ko: {name}}}", words, flags=re.MULTILINE)
    definition.write_text(words, encoding="utf-8")
    sql = (models / f"kpi_{like}.sql").read_text(encoding="utf-8")
    model.write_text(sql.replace(f"'{like}'", f"'{kpi_id}'"), encoding="utf-8")
    return definition, model


def main() -> int:
    """Lay out `ID`, like `LIKE`; return the exit status."""
    _, kpi_id, like = sys.argv
    try:
        definition, model = lay_out(kpi_id, like or LIKE)
    except LayoutError as error:
        print(error, file=sys.stderr)
        return 1
    print(
        f"{definition}\n{model}\n"
        f"They tell what {like or LIKE} tells until you edit them: docs/add-a-kpi.md goes through"
        " them. Then: make nightly"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
