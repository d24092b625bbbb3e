"""A mapping makes canonical records of files of any columns, or says what is wrong with it."""

import gzip
import json
import tempfile
from pathlib import Path

import pytest
from drop_folder import DropFolder, assert_refused
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.sources.formats import (
    Reading,
    UnreadableError,
    rows,
    survey,
    text_tables,
)
from dagster_project.sources.seam import SourceError, Walk

LOG = (
    "incident,state,at,who\n"
    "INC1,New,2/1/2026 09:00,ann\n"
    "INC1,Closed,2/1/2026 10:30,?\n"
    "INC2,New,2/1/2026 11:00,bob\n"
)

INCIDENTS = """
files: log/*.csv
entities:
  tickets:
    select: |
      select
          incident as ticket_id,
          min(strptime("at", '%-d/%-m/%Y %H:%M')) as created_at,
          case when bool_or(state = 'Closed') then 'closed' else 'new' end as status,
          'email' as channel,
          'customer' as opened_by,
          list(distinct who order by who) filter (who <> '?') as tags,
          count(*) > 1 as is_spam
      from file
      group by incident;
  ticket_events:
    select: |
      select
          incident || '-' || state as event_id, -- a comment at the end is no harm
          incident as ticket_id,
          strptime("at", '%-d/%-m/%Y %H:%M') at time zone 'UTC' as "at",
          'status' as kind,
          lower(state) as to_value
      from file -- nor is one here
"""


@pytest.fixture
def drops(tmp_path: Path) -> DropFolder:
    return DropFolder(tmp_path)


def agents_by(select: str, files: str = "*.csv", read: str = "{}") -> str:
    quoted = json.dumps(select)
    return f"files: '{files}'\nread: {read}\nentities: {{agents: {{select: {quoted}}}}}\n"


def test_one_log_becomes_the_records_of_two_entities(drops: DropFolder) -> None:
    drops.put("log/2026.csv", LOG)
    drops.map_by(INCIDENTS)

    assert list(drops.streams()) == ["tickets", "ticket_events"]
    assert drops.walk("tickets").records == [
        {
            "ticket_id": "INC1",
            # A naive result is of the source's zone: nine in Seoul is midnight in UTC.
            "created_at": "2026-01-02T00:00:00.000000Z",
            "status": "closed",
            "channel": "email",
            "opened_by": "customer",
            "tags": ["ann"],
            "is_spam": True,
        },
        {
            "ticket_id": "INC2",
            "created_at": "2026-01-02T02:00:00.000000Z",
            "status": "new",
            "channel": "email",
            "opened_by": "customer",
            "tags": ["bob"],
            "is_spam": False,
        },
    ]
    events = drops.walk("ticket_events")
    assert events.ids("event_id") == ["INC1-Closed", "INC1-New", "INC2-New"]
    # A result with a zone of its own keeps it.
    assert events.records[1]["at"] == "2026-01-02T09:00:00.000000Z"


def test_each_file_is_evaluated_by_itself(drops: DropFolder) -> None:
    drops.put("a.csv", "x\n1\n2\n")
    drops.put("b.csv", "x\n3\n")
    drops.map_by(agents_by("select max(x) as agent_id, count(*) as name from file"))

    assert drops.walk("agents").records == [
        {"agent_id": "2", "name": "2"},
        {"agent_id": "3", "name": "1"},
    ]


def test_the_entity_folders_are_not_read_beside_a_mapping(drops: DropFolder) -> None:
    drops.put("orders/o.csv", "order_id\n1\n")
    drops.map_by(agents_by("select x as agent_id from file"))

    assert list(drops.streams()) == ["agents"]


@pytest.mark.parametrize(
    ("name", "content", "read", "column"),
    [
        ("a.csv", b"x\n7\n", "{}", "x"),
        ("a.csv.gz", gzip.compress(b"x,y\n", mtime=0) + gzip.compress(b"7,\n", mtime=0), "{}", "x"),
        ("a.CSV.GZ", gzip.compress(b"x,y\n7,\n", mtime=0), "{}", "x"),
        ("a.txt", b"x;y\r\n7;8\r\n", "{format: csv, delimiter: ';'}", "x"),
        ("a.tsv", b"x\ty\n7\t8\n", "{}", "x"),
        ("a.jsonl", b'{"y": {"z": 1}}\n{"x": 7}\n', "{}", "x"),
        ("a.txt", b"7\r\n", "{format: lines}", "line"),
        ("a.txt.gz", gzip.compress(b"\xef\xbb\xbf7", mtime=0), "{format: lines}", "line"),
    ],
)
def test_a_file_is_text_to_its_select_whatever_its_format(
    drops: DropFolder, name: str, content: bytes, read: str, column: str
) -> None:
    drops.put(name, content)
    select = f"select {column} || '!' as agent_id from file where {column} is not null"
    drops.map_by(agents_by(select, "a.*", read))

    assert drops.walk("agents").records == [{"agent_id": "7!"}]


def test_a_select_sees_what_the_file_holds_and_no_more_rows_than_it_has(
    drops: DropFolder,
) -> None:
    drops.put("a.csv", b'x,"y\nz"\r\n1,"two\r\nlines"\r\n\r\n2,""\n3,"a ""b"""\nbroken\n4,\x00\n')
    drops.map_by(agents_by("""select x as agent_id, coalesce("y\nz", 'none') as name from file"""))

    walked = drops.walk("agents")

    assert [(record["agent_id"], record["name"]) for record in walked.records] == [
        ("1", "two\r\nlines"),
        ("2", "none"),
        ("3", 'a "b"'),
        ("4", "\x00"),
    ]
    assert [reject.what for reject in walked.rejects] == ["a.csv, line 8"]


@given(st.text('a,"\n\r\0é ', max_size=30))
def test_a_select_sees_the_values_that_a_drop_would_bring(body: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.csv")
        path.write_bytes(b"x,y\n" + body.encode())
        try:
            found = survey(path, Reading())
        except UnreadableError:
            return
        dropped = [[value or None for value in row] for row in rows(path, Reading(), found)]
        tables = text_tables(path, Reading(), found)
        mapped = [list(row.values()) for table in tables for row in table.to_pylist()]

    assert mapped == dropped


def test_a_row_that_is_too_long_refuses_its_file(drops: DropFolder) -> None:
    drops.put("a.csv", "x,y,z\n" + ",".join(["a" * 12 * 2**20] * 3))
    drops.map_by(agents_by("select left(x, 1) as agent_id from file"))

    (reject,) = drops.walk("agents").rejects

    assert reject.reason == "has a row too long to be read; shorten its values"


@pytest.mark.parametrize("content", ["", "x", "x,y\n"])
def test_a_file_without_a_row_is_read_and_holds_nothing(drops: DropFolder, content: str) -> None:
    drops.put("a.csv", content)
    drops.map_by(agents_by("select x as agent_id from file"))

    walked = drops.walk("agents")

    assert walked.records == []
    assert walked.rejects == []
    assert list(walked.files) == ["a.csv"]


def test_the_same_select_gives_the_same_order_every_time(drops: DropFolder) -> None:
    drops.put("a.csv", "x\n" + "".join(f"{n * 7919 % 20_011}\n" for n in range(20_000)))
    drops.map_by(agents_by("select x as agent_id from file"))
    whole = drops.walk("agents")

    resumed = drops.walk("agents", Walk(resume=whole.pages[1].checkpoint))

    assert whole.ids("agent_id")[10_000:] == resumed.ids("agent_id")


def test_another_select_reads_every_file_again(drops: DropFolder) -> None:
    drops.put("a.csv", "x\n7\n")
    drops.map_by(agents_by("select x as agent_id from file"))
    first = drops.walk("agents")
    drops.map_by(agents_by("select x || 'b' as agent_id from file"))

    again = drops.walk("agents", Walk(files=first.files))

    assert again.ids("agent_id") == ["7b"]


def test_a_select_that_is_spoilt_later_fails_the_stream_too(drops: DropFolder) -> None:
    drops.put("a.csv", "x\n7\n")
    drops.map_by(agents_by("select x as agent_id from file"))
    first = drops.walk("agents")
    drops.map_by(agents_by("select y as agent_id from file"))

    with pytest.raises(SourceError, match="entities"):
        drops.walk("agents", Walk(files=first.files))


def test_a_value_that_a_select_cannot_take_refuses_its_file_and_stays_unsaid(
    drops: DropFolder,
) -> None:
    drops.put("a.csv", "x\nkim@example.com\n")
    drops.put("b.csv", "x\n8\n")
    drops.map_by(agents_by("select cast(x as integer) as agent_id from file"))

    walked = drops.walk("agents")

    assert walked.ids("agent_id") == ["8"]
    (reject,) = walked.rejects
    assert reject.what == "a.csv"
    assert reject.reason == (
        "has a value on which mapping.yml, entities.agents.select fails (ConversionException); "
        "let the select take it, by try_cast or try_strptime"
    )


@pytest.mark.parametrize(
    ("select", "words"),
    [
        ("select y as agent_id from file", 'Referenced column "y" not found'),
        ("select x as agent_id from files", "Table with name files does not exist"),
        ("select nosuch(x) as agent_id from file", "nosuch does not exist"),
        ("select x as agent_id, x as email from file", "gives email; take it out, or name it"),
        ("select x as name from file", "does not give agent_id; add it"),
        ("select content as agent_id from read_text('/etc/hostname')", "disabled by configuration"),
    ],
)
def test_a_select_that_fits_no_file_fails_the_stream_and_says_where(
    drops: DropFolder, select: str, words: str
) -> None:
    drops.put("a.csv", "x\n7\n")
    drops.map_by(agents_by(select))

    with pytest.raises(SourceError) as failed:
        drops.walk("agents")

    message = str(failed.value)
    assert message.startswith("source drops, stream agents, file a.csv: mapping ")
    assert "mapping.yml: entities.agents.select: " in message
    assert words in message
    assert not failed.value.may_be_tried_again


def test_a_file_of_other_columns_than_the_ones_before_is_refused_alone(
    drops: DropFolder,
) -> None:
    drops.put("a.csv", "x\n7\n")
    drops.put("b.csv", "y\n8\n")
    drops.put("c.csv", "x\n9\n")
    drops.map_by(agents_by("select x as agent_id from file"))

    walked = drops.walk("agents")
    again = drops.walk("agents", Walk(files=walked.files))

    assert walked.ids("agent_id") == ["7", "9"]
    assert [reject.what for reject in walked.rejects] == ["b.csv"]
    assert [reject.what for reject in again.rejects] == ["b.csv"]
    assert 'Referenced column "x" not found' in walked.rejects[0].reason


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("files: '*'\n", "mapping.yml: entities: is missing; add it"),
        (
            agents_by("select 1 from file") + "fils: x\n",
            "fils: is no known key; did you mean files? Known are files, read",
        ),
        ("files: '*'\nentities: {}\n", "entities: Dictionary should have at least 1 item"),
        (agents_by("select 1", "../*.csv"), "files: must be a pattern of files below"),
        (agents_by("select 1", "/srv/*"), "files: must be a pattern of files below"),
        (agents_by("selec 1"), "entities.agents.select: is no SQL: Parser Error"),
        (agents_by("drop table file"), "entities.agents.select: must be one select"),
        (agents_by("select 1; select 2"), "must be one select over the table `file`"),
        (
            "files: '*'\nentities: {agent: {select: 'select 1'}}\n",
            "entities.agent.[key]: is no entity; take one of tickets, messages",
        ),
        (agents_by("select 1", read="{format: xlsx}"), "read.format: Input should be 'csv', 'tsv'"),
        (agents_by("select 1", read="{delimiter: ', '}"), "read.delimiter: String should have at"),
        ("- files\n", "the file: Input should be a valid dictionary"),
        ("", "the file: Input should be a valid dictionary"),
        ("files: [\n", "mapping.yml: is no YAML in UTF-8"),
    ],
)
def test_a_wrong_mapping_file_is_refused_with_its_name_and_key(
    drops: DropFolder, content: str, words: str
) -> None:
    drops.map_by(content)

    assert_refused(drops.source, "mapping", words)


def test_columns_that_a_file_does_not_name_are_named_by_its_mapping(drops: DropFolder) -> None:
    drops.put("a.csv", ",id\n0,7\n")
    drops.put("b.csv", "id\n8\n")
    drops.map_by(agents_by("select id as agent_id from file", read="{columns: [row, id]}"))

    walked = drops.walk("agents")

    assert walked.ids("agent_id") == ["7"]
    [reject] = walked.rejects
    assert reject.what == "b.csv"
    assert reject.reason == "has 1 columns where read.columns names 2; name each of them"


BESIDE = """
files: orders.csv
entities:
  orders:
    beside: {lines: below/lines.csv}
    select: |
      select
          id as order_id, day || 'T00:00:00Z' as created_at, 'EUR' as currency,
          sum(cast(price as decimal(18, 2))) as total
      from file inner join lines using (id)
      group by all
"""


def test_a_select_reads_the_files_that_are_declared_beside_its_own(drops: DropFolder) -> None:
    drops.put("orders.csv", "id,day\n1,2026-01-02\n2,2026-01-03\n")
    drops.put("below/lines.csv", "id,price\n1,5.00\n1,2.50\nbroken\n2,1\n")
    drops.map_by(BESIDE)
    first = drops.walk("orders")
    drops.put("below/lines.csv", "id,price\n1,5.00\n1,2.50\n2,3\n")

    again = drops.walk("orders", Walk(files=first.files))

    assert [(each["order_id"], each["total"]) for each in first.records] == [
        ("1", "7.50"),
        ("2", "1.00"),
    ]
    assert [reject.what for reject in first.rejects] == ["below/lines.csv, line 4"]
    assert [(each["order_id"], each["total"]) for each in again.records] == [
        ("1", "7.50"),
        ("2", "3.00"),
    ]


def test_a_file_waits_for_the_one_beside_it(drops: DropFolder) -> None:
    drops.put("orders.csv", "id,day\n1,2026-01-02\n")
    drops.map_by(BESIDE)

    walked = drops.walk("orders")

    assert walked.files == {}
    (reject,) = walked.rejects
    assert reject.what == "orders.csv"
    assert reject.reason == (
        "is read together with below/lines.csv, which is not there; drop that too"
    )
