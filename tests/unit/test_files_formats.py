"""Every format, and every oddity of a format, comes out as the records that it holds."""

import gzip
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from drop_folder import DropFolder

AGENTS = [{"agent_id": "7", "name": "Kim"}, {"agent_id": "8", "name": "Lee"}]


@pytest.fixture
def drops(tmp_path: Path) -> DropFolder:
    return DropFolder(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"agent_id,name\n7,Kim\n8,Lee\n"),
        ("a.CSV", b"agent_id,name\n7,Kim\n8,Lee"),
        ("a.tsv", b"agent_id\tname\n7\tKim\n8\tLee\n"),
        ("a.jsonl", b'{"agent_id":"7","name":"Kim"}\n\n{"agent_id":8,"name":"Lee"}\n'),
        ("bom.csv", b"\xef\xbb\xbfagent_id,name\n7,Kim\n8,Lee\n"),
        ("bom.jsonl", b'\xef\xbb\xbf{"agent_id":7,"name":"Kim"}\n{"agent_id":8,"name":"Lee"}'),
        ("crlf.csv", b"agent_id,name\r\n7,Kim\r\n8,Lee\r\n"),
        ("mixed.csv", b"agent_id,name\r\n7,Kim\n8,Lee\r\n"),
        ("mac.csv", b"agent_id,name\r7,Kim\r8,Lee\r"),
        ("quoted.csv", b'"agent_id","name"\n"7","Kim"\n"8","Lee"\n'),
        ("spaced header.csv", b" agent_id , name\n7,Kim\n8,Lee\n"),
        ("blank lines.csv", b"agent_id,name\n7,Kim\n\n8,Lee\n\n"),
        ("empty columns.csv", b"agent_id,team_id,name\n7,,Kim\n8,,Lee\n"),
    ],
)
def test_a_file_is_read_for_what_it_holds(drops: DropFolder, name: str, content: bytes) -> None:
    drops.put(f"agents/{name}", content)
    drops.put(f"agents/zipped {name}.gz", gzip.compress(content, mtime=0))

    walked = drops.walk("agents")

    assert walked.rejects == []
    assert walked.records == [*AGENTS, *AGENTS]


@pytest.mark.parametrize(
    "text",
    [
        "two\r\nlines",
        "a comma, and a tab\t",
        'a "quote"',
        "\N{SMILING FACE WITH SUNGLASSES} 안녕하세요",
        "nul \x00 inside",
        "x" * 50_000,
        "y" * 1_000_000,
    ],
)
def test_a_text_survives_every_format_whole(drops: DropFolder, text: str) -> None:
    quoted = '"' + text.replace('"', '""') + '"'
    drops.put("agents/1.csv", f"agent_id,name\n7,{quoted}\n")
    drops.put("agents/2.csv.gz", gzip.compress(f"agent_id,name\n7,{quoted}\n".encode(), mtime=0))
    table = io.BytesIO()
    pq.write_table(pa.table({"agent_id": [7], "name": [text]}), table)
    drops.put("agents/3.parquet", table.getvalue())

    walked = drops.walk("agents")

    assert walked.records == [{"agent_id": "7", "name": text}] * 3


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"\xef\xbb\xbf", b"agent_id,name", b"agent_id,name\r\n"],
)
def test_a_file_without_a_row_is_read_and_holds_nothing(drops: DropFolder, content: bytes) -> None:
    drops.put("agents/none.csv", content)

    walked = drops.walk("agents")

    assert walked.records == []
    assert walked.rejects == []
    assert list(walked.files) == ["agents/none.csv"]


def test_parquet_types_come_in_the_form_of_the_column(drops: DropFolder) -> None:
    table = io.BytesIO()
    pq.write_table(
        pa.table(
            {
                "order_id": pa.array([1.0]),
                "created_at": pa.array([datetime(2026, 1, 2, 3, 4, 5)], pa.timestamp("ns")),
                "delivered_at": pa.array(
                    [datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)], pa.timestamp("us", "UTC")
                ),
                "currency": pa.array(["KRW"]).dictionary_encode(),
                "total": pa.array([Decimal("12.50")], pa.decimal128(18, 2)),
                "refunded": pa.array([0.1]),
                "is_test": pa.array([False]),
                "cancelled_at": pa.array([None], pa.timestamp("us")),
                "day": pa.array([date(2026, 1, 2)]),
            }
        ),
        table,
    )
    drops.put("orders/o.parquet", table.getvalue())

    assert drops.walk("orders").only == {
        "order_id": "1",
        # 03:04:05 in Seoul is nine hours earlier in UTC.
        "created_at": "2026-01-01T18:04:05.000000Z",
        "delivered_at": "2026-01-02T03:04:05.000000Z",
        "currency": "KRW",
        "total": "12.50",
        "refunded": "0.1",
        "is_test": False,
        "extra": {"day": "2026-01-02"},
    }


def test_json_numbers_keep_their_digits_and_lists_stay_lists(drops: DropFolder) -> None:
    drops.put(
        "tickets/t.jsonl",
        '{"ticket_id": 12345678901234567890, "created_at": "2026-01-02T03:04:05+09:00",'
        ' "status": "open", "channel": "email", "opened_by": "customer",'
        ' "tags": ["vip", 5], "is_spam": true, "price": 12.50, "box": {"n": 1}}\n',
    )

    assert drops.walk("tickets").only == {
        "ticket_id": "12345678901234567890",
        "created_at": "2026-01-01T18:04:05.000000Z",
        "status": "open",
        "channel": "email",
        "opened_by": "customer",
        "tags": ["vip", "5"],
        "is_spam": True,
        "extra": {"price": "12.50", "box": {"n": 1}},
    }


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.csv.gz", b"agent_id\n7\n", "no whole gzip"),
        ("x.csv.gz", gzip.compress(b"agent_id\n" + b"7\n" * 5000, mtime=0)[:-9], "no whole gzip"),
        (
            "x.jsonl.gz",
            gzip.compress(b'{"agent_id":7}\n', mtime=0)[:-8] + b"\0" * 8,
            "no whole gzip",
        ),
        ("x.parquet", b"PAR1 and no more", "no whole Parquet"),
        ("x.csv", "agent_id,name\n7,김\n".encode("cp949"), "not UTF-8"),
        ("x.csv", b'agent_id,name\n7,"never closed\n8,Lee\n', "not well-formed"),
        ("x.csv", b"agent_id,name,Name\n7,Kim,Lee\n", "two columns called Name"),
        ("x.csv", b"agent_id,,name\n7,,Kim\n", "no name for its column 2"),
        ("x.csv", b"agent;name\n7;Kim\n", "no column agent_id"),
        ("x.jsonl", b'{"agent":7}\n', "no column agent_id"),
        ("x.xlsx", b"PK", "none of .csv"),
    ],
)
def test_a_broken_file_is_refused_whole_and_the_others_load(
    drops: DropFolder, name: str, content: bytes, reason: str
) -> None:
    drops.put("agents/a.csv", "agent_id,name\n7,Kim\n")
    drops.put(f"agents/{name}", content)
    drops.put("agents/z.csv", "agent_id,name\n8,Lee\n")

    walked = drops.walk("agents")

    assert walked.records == AGENTS
    assert [reject.what for reject in walked.rejects] == [f"agents/{name}"]
    assert reason in walked.rejects[0].reason
    assert set(walked.files) == {"agents/a.csv", "agents/z.csv"}


def test_a_broken_page_of_a_parquet_file_is_found_before_a_record_is_given(
    drops: DropFolder,
) -> None:
    table = io.BytesIO()
    ids = pa.table({"agent_id": [f"{n:040}" for n in range(20_000)]})
    pq.write_table(ids, table, row_group_size=10_000, compression="gzip")
    content = bytearray(table.getvalue())
    middle = len(content) // 2
    content[middle : middle + 5000] = b"\0" * 5000
    drops.put("agents/a.parquet", bytes(content))

    walked = drops.walk("agents")

    assert walked.records == []
    assert [reject.what for reject in walked.rejects] == ["agents/a.parquet"]


def test_a_line_that_is_no_row_is_refused_alone(drops: DropFolder) -> None:
    drops.put("agents/a.csv", "agent_id,name\n7,Kim\n8\n9,Park,Seoul\n8,Lee\n")
    drops.put(
        "agents/b.jsonl",
        '{"agent_id":7,"name":"Kim"}\n{"agent_id":\n[8]\n"\\ud800"\n'
        '{"agent_id":9,"name":"\\ud800"}\n{"agent_id":8,"name":"Lee"}\n',
    )

    walked = drops.walk("agents")

    assert walked.records == [*AGENTS, *AGENTS]
    assert [(reject.what, reject.reason) for reject in walked.rejects] == [
        ("agents/a.csv, line 3", "1 values where the header has 2"),
        ("agents/a.csv, line 4", "3 values where the header has 2"),
        ("agents/b.jsonl, line 2", "no JSON"),
        ("agents/b.jsonl, line 3", "no JSON object"),
        ("agents/b.jsonl, line 4", "half of a character written as \\u"),
        ("agents/b.jsonl, line 5", "half of a character written as \\u"),
    ]


def test_a_file_of_which_many_lines_are_no_rows_is_refused_whole(drops: DropFolder) -> None:
    drops.put("agents/a.csv", "agent_id,name\n" + "7,Kim\n" * 500 + "8\n" * 11)
    drops.put("agents/b.csv", "agent_id,name\n" + "7,Kim\n" * 500 + "8\n" * 10)

    walked = drops.walk("agents")

    assert list(walked.files) == ["agents/b.csv"]
    assert walked.rejects[0].reason.startswith("has 11 lines that are no rows, the first of them")
    assert len(walked.records) == 500


def test_a_reason_never_repeats_what_the_file_holds(drops: DropFolder) -> None:
    drops.put("agents/a.csv", 'agent_id,name\n7,"kim@example.com"x\n')
    drops.put("agents/b.csv", "agent_id\n7,kim@example.com\n")
    drops.put("agents/c.jsonl", '{"agent_id": 7, "name": kim@example.com}\n')

    rejects = drops.walk("agents").rejects

    assert len(rejects) == 3
    assert "kim" not in str(rejects)
