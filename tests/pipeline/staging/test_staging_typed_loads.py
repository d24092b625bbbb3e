"""The typed layer: one file for each committed load, a pure function of it."""

from pathlib import Path

from hand_lake import HandLake

from dagster_project.typed import prune


def ticket(number: int, **fields: object) -> dict[str, object]:
    return {
        "id": number,
        "status": "open",
        "channel": "email",
        "from_agent": False,
        "created_datetime": "2026-03-01T00:00:00.000000",
        "updated_datetime": "2026-03-02T00:00:00.000000",
        **fields,
    }


def typed_files(lake: HandLake, model: str = "typed_gorgias__tickets") -> list[Path]:
    return sorted(lake.typed.glob(f"{model}.*"))


def test_an_empty_landing_zone_builds_to_empty_models(lake: HandLake) -> None:
    lake.build("tickets", "int_streams")
    assert lake.rows("select * from scratch.entities.tickets") == []
    assert typed_files(lake) == []


def test_every_typed_stream_is_asked_for_records_with_several_versions(lake: HandLake) -> None:
    nodes = lake.manifest.nodes
    typed = {key for key, node in nodes.items() if node.config.materialized == "typed_loads"}
    asked = nodes["model.stellar.int_records__several_versions"].depends_on.nodes
    counted = nodes["model.stellar.int_streams__versions"].depends_on.nodes
    assert typed == set(asked)
    assert typed < set(counted)


def test_of_three_versions_of_a_record_one_is_the_newest_and_two_are_superseded(
    lake: HandLake,
) -> None:
    lake.gorgias("tickets", ticket(1), ticket(2))
    lake.gorgias("tickets", ticket(1, status="closed"))
    lake.gorgias("tickets", ticket(1, status="open"))
    lake.drop("tickets", {"ticket_id": "1", "created_at": "2026-03-01T00:00:00Z"})

    lake.build("int_streams__versions")

    assert lake.rows("select * from steps.int_streams__versions order by source") == [
        ("desk", "tickets", 2, 2),
        ("drops", "tickets", 1, 0),
    ]


def test_each_committed_load_is_typed_once(lake: HandLake) -> None:
    lake.gorgias("tickets", ticket(1), ticket(2))
    lake.build("typed_gorgias__tickets")
    (first,) = typed_files(lake)
    made = first.stat().st_mtime_ns

    lake.gorgias("tickets", ticket(2, status="closed"))
    lake.build("typed_gorgias__tickets")
    assert [file.name.split(".", 2)[2] for file in typed_files(lake)] == [
        "desk.00000001.parquet",
        "desk.00000002.parquet",
    ]
    assert first.stat().st_mtime_ns == made
    assert lake.rows(
        "select record_id, load_id, status from staging.typed_gorgias__tickets order by all"
    ) == [
        ("1", "00000001", "open"),
        ("2", "00000001", "open"),
        ("2", "00000002", "closed"),
    ]


def test_a_half_written_typed_file_is_made_anew(lake: HandLake) -> None:
    lake.gorgias("tickets", ticket(1))
    lake.build("typed_gorgias__tickets")
    (file,) = typed_files(lake)
    file.rename(file.with_name(f"tmp_{file.name}"))
    file.with_name(f"tmp_{file.name}").write_bytes(b"PAR1 and no more")
    lake.build("typed_gorgias__tickets")
    assert lake.rows("select record_id from staging.typed_gorgias__tickets") == [("1",)]


def test_a_refused_load_and_a_load_without_records_give_no_file(lake: HandLake) -> None:
    lake.gorgias("tickets", ticket(1), outcome="refused")
    lake.gorgias("tickets")
    lake.build("typed_gorgias__tickets", "stg_lake__loads")
    assert typed_files(lake) == []
    assert lake.rows("select load_id, records_read from staging.stg_lake__loads") == [
        ("00000002", 0)
    ]


def test_a_load_that_is_gone_is_gone_from_the_view_too(lake: HandLake) -> None:
    lake.gorgias("tickets", ticket(1))
    load = lake.gorgias("tickets", ticket(2))
    lake.build("typed_gorgias__tickets")
    (load / "manifest.json").unlink()
    lake.build("typed_gorgias__tickets")
    assert lake.rows("select record_id from staging.typed_gorgias__tickets") == [("1",)]


def test_streams_of_one_name_and_two_kinds_stay_apart(lake: HandLake) -> None:
    lake.gorgias("tickets", ticket(1))
    lake.drop(
        "tickets",
        {
            "ticket_id": "T-1",
            "created_at": "2026-03-01T00:00:00.000000Z",
            "status": "open",
            "opened_by": "customer",
        },
    )
    lake.build("typed_gorgias__tickets", "typed_files__tickets")
    assert lake.rows("select source, record_id from staging.typed_gorgias__tickets") == [
        ("desk", "1")
    ]
    assert lake.rows("select source, record_id from staging.typed_files__tickets") == [
        ("drops", "T-1")
    ]


def test_copies_that_no_model_reads_are_cleared_away(lake: HandLake) -> None:
    lake.gorgias("tickets", ticket(1))
    lake.build("typed_gorgias__tickets")
    (file,) = typed_files(lake)
    model, fingerprint, rest = file.name.split(".", 2)
    (lake.typed / f"{model}.{'0' * len(fingerprint)}.{rest}").write_bytes(b"an older wording")
    (lake.typed / f"tmp_{file.name}").write_bytes(b"cut short")
    assert prune(lake.root / "tonight.duckdb", lake.typed) == 2
    assert list(lake.typed.iterdir()) == [file]
