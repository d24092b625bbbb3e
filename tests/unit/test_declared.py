"""A mapping without SQL: each of its words, what it makes of a value, and how it is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from drop_folder import DropFolder, assert_refused

from dagster_project.home import PROJECT_ROOT
from dagster_project.landing.contract import ContractCheck
from dagster_project.sources.seam import SourceError, Walk

EXPORT = (
    "\N{ZERO WIDTH NO-BREAK SPACE}Pedido;Comprado;Importe;Devuelto;Moneda;Cliente;Tienda\r\n"
    "P-1;03/02/2026 09:30;1.234,50;;EUR;17;Sol\r\n"
    "P-2;31/03/2026 18:00;8,00;8,00;EUR;n/d;Sol\r\n"
)

ORDERS = """
files: ventas/*.csv
read: {delimiter: ;}
entities:
  orders:
    rename:
      order_id: Pedido
      created_at: Comprado
      updated_at: Comprado
      total: Importe
      refunded: Devuelto
      currency: Moneda
      customer_id: Cliente
    constants: {is_test: false}
    null_tokens: N/D
    dates: '%d/%m/%Y %H:%M'
    timezone: Europe/Madrid
    decimal_comma: true
"""


@pytest.fixture
def drops(tmp_path: Path) -> DropFolder:
    return DropFolder(tmp_path)


def declared(entity: str, words: str, files: str = "*") -> str:
    return f"files: '{files}'\nentities: {{{entity}: {{{words}}}}}\n"


def contact(drops: DropFolder, words: str, **given: Any) -> dict[str, Any]:
    """Return the record that a call with these values becomes by a declaration."""
    values = {
        "contact_id": "1",
        "kind": "call",
        "started_at": "2026-01-02T03:04:05Z",
        "outcome": "answered",
    } | given
    drops.put("c.jsonl", json.dumps(values) + "\n")
    drops.map_by(declared("live_contacts", words))
    return drops.walk("live_contacts").only


def order(drops: DropFolder, words: str, **given: Any) -> dict[str, Any]:
    """Return the record that an order with these values becomes by a declaration."""
    values = {
        "order_id": "1",
        "created_at": "2026-01-02T03:04:05Z",
        "currency": "EUR",
        "total": "5",
    } | given
    drops.put("o.jsonl", json.dumps(values) + "\n")
    drops.map_by(declared("orders", words))
    return drops.walk("orders").only


def problems(drops: DropFolder, entity: str, record: dict[str, Any]) -> dict[str, str]:
    """Return what the contract finds: the field, and the reason."""
    checked = ContractCheck(drops.streams()[entity].contract)(record)
    return {problem.field: problem.reason for problem in checked.problems}


def test_an_export_with_semicolons_a_byte_order_mark_and_decimal_commas_becomes_orders(
    drops: DropFolder,
) -> None:
    drops.put("ventas/febrero.csv", EXPORT)
    drops.map_by(ORDERS)

    walked = drops.walk("orders")

    assert walked.records == [
        {
            "order_id": "P-1",
            "customer_id": "17",
            # Madrid is an hour ahead of UTC in winter, and two in summer.
            "created_at": "2026-02-03T08:30:00.000000Z",
            "currency": "EUR",
            "total": "1234.50",
            "is_test": False,
            "updated_at": "2026-02-03T08:30:00.000000Z",
            "extra": {"Tienda": "Sol"},
        },
        {
            "order_id": "P-2",
            "created_at": "2026-03-31T16:00:00.000000Z",
            "currency": "EUR",
            "total": "8.00",
            "refunded": "8.00",
            "is_test": False,
            "updated_at": "2026-03-31T16:00:00.000000Z",
            "extra": {"Tienda": "Sol"},
        },
    ]
    assert walked.rejects == []
    assert all(problems(drops, "orders", record) == {} for record in walked.records)


def test_what_is_not_declared_keeps_its_name_and_its_order(drops: DropFolder) -> None:
    drops.put("a.csv", "agent_id,Nombre,role\n2,Kim,Lead\n1,Lee,bot\n")
    drops.map_by(declared("agents", "rename: {name: Nombre}"))

    assert drops.walk("agents").records == [
        {"agent_id": "2", "name": "Kim", "role": "lead"},
        {"agent_id": "1", "name": "Lee", "role": "bot"},
    ]


def test_a_column_of_the_file_that_is_told_otherwise_is_kept_beside(drops: DropFolder) -> None:
    drops.put("a.csv", "agent_id,name,full name,role\n1,kim88,Kim,gott\n")
    drops.map_by(
        declared("agents", "rename: {name: full name, team_id: role}, constants: {role: agent}")
    )

    assert drops.walk("agents").only == {
        "agent_id": "1",
        "name": "Kim",
        "team_id": "gott",
        "role": "agent",
        "extra": {"file.name": "kim88"},
    }


def test_one_column_may_be_two_of_the_entity(drops: DropFolder) -> None:
    drops.put("s.csv", "Id,Sent\n1,2026-01-02 09:00\n")
    drops.map_by(
        declared(
            "surveys",
            "rename: {survey_id: Id, sent_at: Sent, updated_at: Sent}, constants: {kind: csat}",
        )
    )

    assert drops.walk("surveys").only == {
        "survey_id": "1",
        "kind": "csat",
        "sent_at": "2026-01-02T00:00:00.000000Z",
        "updated_at": "2026-01-02T00:00:00.000000Z",
    }


def test_words_stand_for_others_whatever_their_case(drops: DropFolder) -> None:
    words = "values: {outcome: {'Atendida ': answered, '3': abandoned, busy: null}}"

    assert contact(drops, words, outcome="ATENDIDA")["outcome"] == "answered"
    assert contact(drops, words, outcome=3)["outcome"] == "abandoned"
    assert "outcome" not in contact(drops, words, outcome="busy")


def test_a_word_that_is_not_mapped_is_refused_by_name_and_not_guessed(drops: DropFolder) -> None:
    record = contact(drops, "values: {outcome: {atendida: answered}}", outcome="perdida")

    assert problems(drops, "live_contacts", record) == {
        "outcome": "is not in the list of its values"
    }


def test_words_for_nothing_are_unknown_in_any_column_of_the_entity(drops: DropFolder) -> None:
    record = contact(
        drops, "null_tokens: ['?', n/a]", agent_id=" ? ", queue_seconds="N/A", floor="?"
    )

    assert "agent_id" not in record
    assert "queue_seconds" not in record
    assert record["extra"] == {"floor": "?"}


@pytest.mark.parametrize(
    ("dates", "given", "kept"),
    [
        # Seoul is nine hours ahead of UTC.
        ("'%d/%m/%Y %H:%M'", "2/1/2026 03:04", "2026-01-01T18:04:00.000000Z"),
        ("'%m/%d/%Y %I:%M %p'", "01/02/2026 03:04 PM", "2026-01-02T06:04:00.000000Z"),
        ("'%a %b %d %H:%M:%S %z %Y'", "Tue Oct 31 22:10:47 +0000 2017", "2017-10-31T22:10:47"),
        ("'%d/%m/%Y'", "02/01/2026", "2026-01-01T15:00:00.000000Z"),
        ("['%d/%m/%Y %H:%M', '%d.%m.%y']", "02.01.26", "2026-01-01T15:00:00.000000Z"),
        # ISO 8601 needs no word.
        ("'%d/%m/%Y'", "2026-01-02T03:04:05+09:00", "2026-01-01T18:04:05.000000Z"),
    ],
)
def test_an_instant_is_read_as_it_is_written(
    drops: DropFolder, dates: str, given: str, kept: str
) -> None:
    record = contact(drops, f"dates: {dates}", ended_at=given)

    assert record["ended_at"].startswith(kept)


def test_the_31st_of_february_is_refused_with_what_was_given(drops: DropFolder) -> None:
    record = contact(drops, "dates: '%d/%m/%Y %H:%M'", ended_at="31/02/2026 10:00")

    assert record["ended_at"] == "31/02/2026 10:00"
    assert problems(drops, "live_contacts", record) == {"ended_at": "is not an instant"}


def test_a_day_is_read_as_it_is_written(drops: DropFolder) -> None:
    drops.put(
        "c.csv",
        "cost_id,month,channel,category,amount,currency\n1,01.02.2026,phone,payroll,5,KRW\n",
    )
    drops.map_by(declared("support_costs", "dates: '%d.%m.%Y'"))

    assert drops.walk("support_costs").only["month"] == "2026-02-01"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("1.234,50", "1234.50"),
        ("1234,5", "1234.5"),
        ("1.234.567", "1234567"),
        ("1 234,50", "1234.50"),
        ("-0,5", "-0.5"),
        (7, "7"),
    ],
)
def test_a_comma_parts_the_decimals(drops: DropFolder, given: object, kept: str) -> None:
    assert order(drops, "decimal_comma: true", total=given)["total"] == kept


@pytest.mark.parametrize("given", ["1.5", "1,234.50", "12.34,5", "1,2,3"])
def test_a_number_that_is_not_written_with_a_comma_is_refused(
    drops: DropFolder, given: str
) -> None:
    record = order(drops, "decimal_comma: true", total=given)

    assert record["total"] == f"{given} (not in the form 1.234,50)"
    assert problems(drops, "orders", record) == {"total": "is not a number"}


@pytest.mark.parametrize(
    ("unit", "given", "kept"),
    [
        ("minutes", "2", 120),
        ("minutes", "1.23", 74),
        ("milliseconds", "1499", 1),
        ("milliseconds", 1500, 2),
        ("hours", ".5", 1800),
        ("days", "1", 86_400),
        ("minutes", "soon", "soon"),
    ],
)
def test_a_time_is_kept_in_whole_seconds(
    drops: DropFolder, unit: str, given: object, kept: object
) -> None:
    record = contact(drops, f"units: {{queue_seconds: {unit}}}", queue_seconds=given)

    assert record["queue_seconds"] == kept


def test_cents_are_money_that_loses_no_digit(drops: DropFolder) -> None:
    assert order(drops, "units: {total: cents}", total="123456789012345")["total"] == (
        "1234567890123.45"
    )


def test_another_declaration_reads_every_file_again(drops: DropFolder) -> None:
    drops.put("a.csv", "agent_id,name\n7,?\n")
    drops.map_by(declared("agents", ""))
    first = drops.walk("agents")
    drops.map_by(declared("agents", "null_tokens: '?'"))

    again = drops.walk("agents", Walk(files=first.files))

    assert first.only == {"agent_id": "7", "name": "?"}
    assert again.only == {"agent_id": "7"}


def test_each_entity_may_have_files_of_its_own_and_a_way_to_read_them(drops: DropFolder) -> None:
    drops.put("people.csv", "agent_id\n7\n")
    drops.put("sales.txt", "order_id|created_at|currency|total\n1|2026-01-02T03:04Z|EUR|5\n")
    drops.map_by(
        "entities:\n"
        "  agents: {files: people.csv}\n"
        "  orders: {files: '*.txt', read: {format: csv, delimiter: '|'}}\n"
    )

    assert drops.walk("agents").ids("agent_id") == ["7"]
    assert drops.walk("orders").ids("order_id") == ["1"]


def test_a_file_without_a_renamed_column_says_which(drops: DropFolder) -> None:
    drops.put("a.csv", "id,role\n7,bot\n")
    drops.map_by(declared("agents", "rename: {agent_id: id, name: nombre}"))

    with pytest.raises(SourceError) as failed:
        drops.walk("agents")

    message = str(failed.value)
    assert message.startswith("source drops, stream agents, file a.csv: mapping ")
    assert message.endswith(
        "entities.agents.rename: the file has no column nombre; name one of id, role"
    )


def test_a_file_without_a_required_column_says_what_is_missing(drops: DropFolder) -> None:
    drops.put("o.csv", "id,at\n1,2026-01-02T03:04:05Z\n")
    drops.map_by(declared("orders", "rename: {order_id: id, created_at: at}"))

    (reject,) = drops.walk("orders").rejects

    assert reject.what == "o.csv"
    assert reject.reason.startswith("has no column currency, total, without which no record")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("renam: {total: x}", "entities.orders.renam: is no known key; did you mean rename? Known"),
        ("rename: {totl: x}", "entities.orders.rename.totl: is no column of orders; take one of"),
        ("rename: {total: 5}", "entities.orders.rename.total: Input should be a valid string"),
        ("constants: {colour: x}", "entities.orders.constants.colour: is no column of orders"),
        ("constants: {total: [1]}", "entities.orders.constants.total"),
        (
            "rename: {total: x}, constants: {total: 5}",
            "entities.orders.constants.total: is renamed too; keep one of the two",
        ),
        ("values: {status: {a: b}}", "entities.orders.values.status: is no column of orders"),
        (
            "values: {is_test: {Yes: true}}",
            "entities.orders.values.is_test: the word True is no text to YAML; put it in quotes",
        ),
        ("dates: '%d/%m'", "entities.orders.dates.0: is no format of a date; write one such as"),
        ("dates: '%-d/%m/%Y'", "entities.orders.dates.0: is no format of a date"),
        ("dates: dd/mm/yyyy", "entities.orders.dates.0: is no format of a date"),
        ("timezone: Seoul", "entities.orders.timezone: Seoul is no time zone; give an IANA name"),
        ("units: {total: pence}", "entities.orders.units.total: Input should be 'milliseconds'"),
        (
            "units: {total: hours}",
            "entities.orders.units.total: hours is no unit of it; give one of cents",
        ),
        (
            "units: {order_id: cents}",
            "entities.orders.units.order_id: cents is no unit of it; take it out",
        ),
        ("drop: whole", "entities.orders.drop: Input should be 'delta' or 'full'"),
        ("beside: {x: x.csv}", "entities.orders.beside: is read by no select; take it out"),
        (
            "select: select 1, beside: {file: x.csv}",
            "entities.orders.beside.file.[key]: file cannot name a table",
        ),
        (
            "select: select 1, rename: {total: x}",
            "entities.orders.select: leaves nothing to rename; keep one of the two",
        ),
    ],
)
def test_a_wrong_word_is_refused_with_its_file_its_key_and_the_remedy(
    drops: DropFolder, words: str, told: str
) -> None:
    drops.map_by(declared("orders", words))

    assert_refused(drops.source, "mapping", f"mapping.yml: {told}")


def test_an_entity_without_files_is_refused(drops: DropFolder) -> None:
    drops.map_by("entities: {orders: {}}")

    assert_refused(drops.source, "mapping", "entities.orders.files: is missing; add it here")


def test_the_declaration_in_the_readme_is_one(drops: DropFolder) -> None:
    readme = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    [declaration] = [block for block in readme.split("```yaml\n") if block.startswith("files:")]
    drops.put(
        "ventas/1.csv",
        "Pedido;Fecha;Importe;Cambiado;is_test;refunded\n"
        "P-1;03/02/2026 09:30;1.234,50;04/02/2026 09:30;Sí;50\n",
    )
    drops.map_by(declaration.partition("```")[0])

    assert drops.walk("orders").only == {
        "order_id": "P-1",
        "created_at": "2026-02-03T08:30:00.000000Z",
        "currency": "EUR",
        "total": "1234.50",
        "refunded": "0.50",
        "is_test": True,
        "updated_at": "2026-02-04T08:30:00.000000Z",
    }
