"""Seeds: whose goes before whose, and what is said of a wrong one."""

import csv
import re
import unicodedata
from pathlib import Path

import pytest

from dagster_project.home import PROJECT_ROOT, Home
from dagster_project.seeds import PROJECT_SEEDS, SEEDS, SeedError, merge_seeds, text_rules_of
from dagster_project.sources.seam import Field, TextKind


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "var")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    return folder


def slips(home: Home, own: Path) -> list[str]:
    with pytest.raises(SeedError) as caught:
        merge_seeds(home, own)
    return str(caught.value).replace(f"{own}/", "").replace(f"{PROJECT_SEEDS}/", "").splitlines()


def settings(**values: str) -> str:
    lines = (PROJECT_SEEDS / "settings.csv").read_text().splitlines()
    return "\n".join(
        re.sub(r"^(\w+),[^,]+", lambda m: f"{m[1]},{values.get(m[1], '7')}", line)
        if line.split(",")[0] in values
        else line
        for line in lines
    )


def test_the_seeds_of_the_project_are_sound_and_reach_dbt_as_they_are(home: Home) -> None:
    merged = merge_seeds(home, None)
    assert {path.name: path.read_text() for path in merged.iterdir()} == {
        f"{name}.csv": (PROJECT_SEEDS / f"{name}.csv").read_text() for name in SEEDS
    }


def test_a_seed_of_the_shop_replaces_the_project_s_whole(home: Home, own: Path) -> None:
    (own / "channel_map.csv").write_text("source,vendor_channel,channel\ndesk,fax,other\n")
    merged = merge_seeds(home, own)
    assert (merged / "channel_map.csv").read_text() == (
        "source,vendor_channel,channel\ndesk,fax,other\n"
    )
    assert (merged / "topics.csv").read_text() == (PROJECT_SEEDS / "topics.csv").read_text()


def test_a_seed_saved_by_a_spreadsheet_reaches_dbt_plain(home: Home, own: Path) -> None:
    (own / "channel_map.csv").write_bytes(
        "\ufeffsource,vendor_channel,channel\r\ndesk, Fax ,other\r\n".encode()
    )
    assert (merge_seeds(home, own) / "channel_map.csv").read_bytes() == (
        b"source,vendor_channel,channel\ndesk,fax,other\n"
    )


def test_what_a_shop_takes_back_is_gone_the_next_night(home: Home, own: Path) -> None:
    (own / "person_links.csv").write_text(
        "action,source_a,customer_a,source_b,customer_b,why\njoin,desk,1,drops,C1,wrote so\n"
    )
    merge_seeds(home, own)
    (own / "person_links.csv").unlink()
    merged = merge_seeds(home, own)
    assert len((merged / "person_links.csv").read_text().splitlines()) == 1


def test_a_file_that_is_no_seed_is_named_with_those_that_are(home: Home, own: Path) -> None:
    (own / "chanel_map.csv").write_text("source,vendor_channel,channel\n")
    assert slips(home, own) == [
        f"chanel_map.csv: no seed has this name; the seeds are {', '.join(SEEDS)}, as .csv"
    ]


def test_a_folder_that_is_not_there_is_named(home: Home, tmp_path: Path) -> None:
    with pytest.raises(SeedError, match="there is no such folder"):
        merge_seeds(home, tmp_path / "nowhere")


def test_an_unknown_column_is_refused_with_the_columns_that_are_known(
    home: Home, own: Path
) -> None:
    (own / "channel_map.csv").write_text("source,vendor_channel,channel,note\ndesk,fax,other,x\n")
    assert slips(home, own) == [
        "channel_map.csv, line 1: the columns must be source,vendor_channel,channel"
    ]


def test_a_row_with_a_cell_too_few_or_too_many_is_refused_with_its_line(
    home: Home, own: Path
) -> None:
    (own / "channel_map.csv").write_text(
        "source,vendor_channel,channel\ndesk,fax\ndesk,telex,other\ndesk,post,other,x\n"
    )
    assert slips(home, own) == [
        "channel_map.csv, line 2: give 3 cells, one for each column",
        "channel_map.csv, line 4: give 3 cells, one for each column",
    ]


def test_two_rows_for_one_word_are_refused_however_they_are_spelt(home: Home, own: Path) -> None:
    (own / "channel_map.csv").write_text(
        "source,vendor_channel,channel\ndesk,fax,other\ndesk,FAX ,phone\n"
    )
    assert slips(home, own) == [
        "channel_map.csv, line 3: the same source, vendor_channel as in line 2; keep one"
    ]


def test_a_word_for_a_channel_that_there_is_not_is_refused(home: Home, own: Path) -> None:
    (own / "channel_map.csv").write_text("source,vendor_channel,channel\ndesk,fax,soical\n")
    assert slips(home, own) == [
        "channel_map.csv, line 2: channel: soical is not in channels.csv;"
        " take one from there, or add it"
    ]


def test_a_topic_rule_needs_its_topic(home: Home, own: Path) -> None:
    (own / "topics.csv").write_text(
        "topic,label_en,label_ko,is_post_purchase,department\nwarranty,Warranty,보증,true,\n"
    )
    (own / "topic_rules.csv").write_text(
        "topic,field,pattern,language,priority\nwarranty,tag,보증,ko,1\nrefund,tag,refund,,2\n"
    )
    assert slips(home, own) == [
        "topic_rules.csv, line 3: topic: refund is not in topics.csv;"
        " take one from there, or add it"
    ]


def test_a_rule_for_texts_that_cannot_be_looked_for_is_refused_with_its_line(
    home: Home, own: Path
) -> None:
    (own / "topic_rules.csv").write_text(
        "topic,field,pattern,language,priority\n"
        "refund,subject,환불|refund,,1\n"
        "refund,body,(refund,,2\n"
        "refund,tag,(refund,,3\n"
        "refund,text,refund,,4\n"
        "refund,body,.*,,5\n"
    )
    found, of_no_field, of_every_text = slips(home, own)
    assert found.startswith("topic_rules.csv, line 3: pattern: is no regular expression that")
    assert "missing ): (" in found
    assert "mend it, in the syntax of RE2, or write words without signs" in found
    assert of_no_field.startswith("topic_rules.csv, line 5: field: Input should be 'tag', 'subj")
    assert of_every_text == (
        "topic_rules.csv, line 6: pattern: is met by every text; say what must stand there"
    )


def test_the_rules_for_texts_are_those_of_the_shop(home: Home, own: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "환불")
    (own / "topic_rules.csv").write_text(
        "topic,field,pattern,language,priority\n"
        f"refund,subject,{decomposed},,1\n"
        "refund,tag,Refund,,2\n"
        "delivery,body,Parcel,en,3\n",
        encoding="utf-8",
    )
    merge_seeds(home, own)
    assert [row["pattern"] for row in csv.DictReader((home.seeds / "topic_rules.csv").open())] == [
        "환불",
        "refund",
        "Parcel",
    ]
    kinds: tuple[tuple[TextKind, str, str], ...] = (
        ("subject", "환불 문의", "환불"),
        ("body", "my parcel", "Parcel"),
    )
    for kind, text, pattern in kinds:
        reader = text_rules_of(home.seeds).reader([Field(path="text", read_as=kind)])
        assert list(reader([{"text": text}, {"text": "refund"}])) == [
            {f"{kind}_matches": [pattern]},
            {},
        ]


def test_a_flag_is_true_or_false_and_nothing_else(home: Home, own: Path) -> None:
    (own / "topics.csv").write_text(
        "topic,label_en,label_ko,is_post_purchase,department\nrefund,Refund,환불,yes,\n"
    )
    assert slips(home, own)[0] == "topics.csv, line 2: is_post_purchase: write true or false"


def test_a_rate_of_nothing_or_of_a_currency_in_itself_is_refused(home: Home, own: Path) -> None:
    (own / "exchange_rates.csv").write_text(
        "on_date,currency,to_currency,rate\n"
        "2026-01-01,USD,KRW,0\n"
        "2026-01-01,KRW,KRW,1\n"
        "2026-13-01,USD,KRW,1390.5\n"
    )
    said = slips(home, own)
    assert said[0].startswith("exchange_rates.csv, line 2: rate: Input should be greater than 0")
    assert said[1].endswith("line 3: a currency is worth 1 in itself; take the line out")
    assert said[2].startswith("exchange_rates.csv, line 4: on_date: ")


def test_a_customer_is_not_linked_to_itself(home: Home, own: Path) -> None:
    (own / "person_links.csv").write_text(
        "action,source_a,customer_a,source_b,customer_b,why\nsplit,desk,1,desk,1,a slip\n"
    )
    assert slips(home, own) == [
        "person_links.csv, line 2: a and b are the same customer; name two, or take the line out"
    ]


GOALS = ",".join(SEEDS["goals"].model_fields) + "\n"


def test_the_days_of_a_goal_reach_dbt_in_order_and_once(home: Home, own: Path) -> None:
    (own / "goals.csv").write_text(
        GOALS + "speed,reply_time,all,median,,,60,lower,90,2026-01-01,2026-03-31,"
        "2026-02-28; 2026-01-31;2026-02-28,Mina,joy,\n"
    )
    assert (
        ",down,90,2026-01-01,2026-03-31,2026-01-31;2026-02-28,Mina"
        in (merge_seeds(home, own) / "goals.csv").read_text()
    )


def test_a_goal_that_lacks_something_is_left_to_the_mart_and_one_that_cannot_be_read_is_refused(
    home: Home, own: Path
) -> None:
    (own / "goals.csv").write_text(
        GOALS + "vague,csat_score,all,,,,,,,,,,,,\n"
        "fax,csat_score,fax,value,,,80,up,70,2026-01-01,2026-03-31,2026-02-28,Mina,joy,\n"
        "soon,csat_score,all,value,,,80,up,70,2026-01-01,soon,2026-02-28,Mina,joy,\n"
        "often,csat_score,all,value,,,80,up,70,2026-01-01,2026-03-31,monthly,Mina,joy,\n"
        "sideways,csat_score,all,value,,,80,sideways,70,2026-01-01,2026-03-31,,Mina,joy,\n"
    )
    said = slips(home, own)
    assert said == [
        "goals.csv, line 4: due_on: Input should be a valid date or datetime, input is too short",
        "goals.csv, line 5: checkpoints: write days like 2026-03-31, with ; between them",
        "goals.csv, line 6: direction: Input should be 'up' or 'down'",
        "goals.csv, line 3: channel: fax is not in channels.csv; take one from there, or all",
    ]


def test_a_shop_gives_a_setting_a_value_of_its_own(home: Home, own: Path) -> None:
    (own / "settings.csv").write_text(settings(rateable_n="30"))
    assert ",30,rows," in (merge_seeds(home, own) / "settings.csv").read_text()


def test_a_setting_that_is_unknown_missing_or_in_another_unit_is_refused(
    home: Home, own: Path
) -> None:
    (own / "settings.csv").write_text(
        settings().replace("cart_hours,72,h", "cart_hours,3,d").replace("fcr_days", "fcr_dayz")
    )
    assert slips(home, own) == [
        "settings.csv, line 4: unit: cart_hours is given in h; convert it",
        "settings.csv, line 5: name: there is no setting fcr_dayz; take the line out",
        "settings.csv, line 1: fcr_days is missing; copy its line from settings.csv",
    ]


def test_a_setting_that_counts_is_a_whole_number(home: Home, own: Path) -> None:
    text = settings(rateable_n="few")
    (own / "settings.csv").write_text(text)
    line = 1 + text[: text.index("rateable_n")].count("\n")
    assert slips(home, own) == [
        f"settings.csv, line {line}: value must be a whole number of rows above 0"
    ]


def test_a_file_that_is_not_utf_8_is_refused_with_what_mends_it(home: Home, own: Path) -> None:
    (own / "topics.csv").write_bytes(
        "topic,label_en,label_ko,is_post_purchase,department\nrefund,Refund,환불,true,\n".encode(
            "cp949"
        )
    )
    assert slips(home, own)[0].endswith("save it as CSV in UTF-8, with commas")


def test_every_setting_that_a_model_reads_is_in_the_seed() -> None:
    read = {
        name
        for model in (PROJECT_ROOT / "dbt_project").rglob("*.sql")
        for name in re.findall(r"\bsetting\('(\w+)'", model.read_text())
    }
    given = {line.split(",")[0] for line in (PROJECT_SEEDS / "settings.csv").open()}
    assert read <= given


def test_no_number_of_agents_answers_every_contact_in_time(home: Home, own: Path) -> None:
    channels = (PROJECT_SEEDS / "channels.csv").read_text()
    (own / "channels.csv").write_text(
        channels.replace("phone,real_time,20,0.8", "phone,real_time,20,1")
    )
    assert slips(home, own)[0].startswith(
        "channels.csv, line 4: share_target: Input should be less"
    )
