"""What a shop file may say, and the words with which it is refused."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.landing.privacy import Keep, Pseudonymiser
from dagster_project.shop import Shop, ShopError

KEY = "0123456789abcdef0123456789abcdef"
SECRET = "s3cret-of-the-vendor"
ENVIRONMENT = {
    "GORGIAS_EMAIL": "robot@shop.example",
    "GORGIAS_API_KEY": SECRET,
    "STELLAR_PII_KEY": KEY,
}
GOOD = """\
name: Seoul Lamp Co.
reporting_timezone: Asia/Seoul
currency: KRW
as_of: 2026-11-20T15:00:00Z
sources:
  - name: desk
    kind: gorgias
    domain: seoul-lamp
    email: env:GORGIAS_EMAIL
    api_key: env:GORGIAS_API_KEY
    start: 2024-01-01
  - {name: drops, kind: files, folder: drops, timezone: Asia/Seoul}
seeds: seeds
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "drops/orders").mkdir(parents=True)
    (tmp_path / "seeds").mkdir()
    return tmp_path


def load(folder: Path, text: str, environment: dict[str, str] = ENVIRONMENT) -> Shop:
    path = folder / "shop.yml"
    path.write_text(text)
    return Shop.load(path, environment)


def refusal(folder: Path, text: str, environment: dict[str, str] = ENVIRONMENT) -> list[str]:
    with pytest.raises(ShopError) as refused:
        load(folder, text, environment)
    return [line.removeprefix(str(folder)) for line in str(refused.value).splitlines()]


def test_a_shop_is_read_with_its_sources_its_secrets_and_its_folders(folder: Path) -> None:
    shop = load(folder, GOOD)
    assert shop.as_of == datetime(2026, 11, 20, 15, tzinfo=UTC)
    assert [(source.name, source.kind) for source in shop.sources] == [
        ("desk", "gorgias"),
        ("drops", "files"),
    ]
    assert [stream.name for stream in shop.sources[1].streams()] == ["orders"]
    assert shop.seeds == folder / "seeds"
    assert shop.sources[0].model_dump()["api_key"].get_secret_value() == SECRET


def test_a_shop_never_shows_its_secrets(folder: Path) -> None:
    shop = load(folder, GOOD)
    assert SECRET not in f"{shop!r} {shop} {shop.model_dump()} {shop.model_dump_json()}"
    assert KEY not in f"{shop!r} {shop.privacy!r} {vars(shop)} {shop.model_dump()}"


def test_paths_are_relative_to_the_shop_file_wherever_the_run_starts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "shop.yml").write_text(GOOD)
    monkeypatch.chdir(folder.parent)
    shop = Shop.load(Path(folder.name) / "shop.yml", ENVIRONMENT)
    monkeypatch.chdir("/")
    assert shop.seeds is not None
    assert shop.seeds.is_dir()
    assert shop.sources[1].streams()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "currency:",
            "curency:",
            [
                "/shop.yml:1: currency: is missing; add it",
                "/shop.yml:3: curency: is no known key; did you mean currency? Known are"
                " alerts, as_of, currency, name, pii, reporting_timezone, seeds, sources",
            ],
        ),
        (
            "domain:",
            "subdomain:",
            [
                "/shop.yml:6: sources[0].domain: is missing; add it",
                "/shop.yml:8: sources[0].subdomain: is no known key; did you mean domain?"
                " Known are api_key, base_url, domain, email, kind, name, start",
            ],
        ),
        (
            "KRW",
            "WON",
            ["/shop.yml:3: currency: is no currency; give a code of ISO 4217 such as KRW"],
        ),
        (
            "reporting_timezone: Asia/Seoul",
            "reporting_timezone: Asia/Soul",
            [
                "/shop.yml:2: reporting_timezone: is no time zone;"
                " give an IANA name such as Asia/Seoul"
            ],
        ),
        (
            "kind: files",
            "kind: ftp",
            ["/shop.yml:12: sources[1].kind: is no known kind of source; known are gorgias, files"],
        ),
        (
            "seeds: seeds",
            "  - {name: drops, kind: files, folder: seeds, timezone: Asia/Seoul}",
            ["/shop.yml:5: sources: 2 sources are named drops; give each a name of its own"],
        ),
        (
            "name: drops",
            "name: ../drops",
            [
                "/shop.yml:5: sources: the name '../drops' cannot name a folder of the landing"
                " zone; take small letters, digits and _, a letter first"
            ],
        ),
        (
            "15:00:00Z",
            "15:00:00",
            ["/shop.yml:4: as_of: Input should have timezone info"],
        ),
        (
            "env:GORGIAS_API_KEY",
            "env:GORGIAS_KEY",
            [
                "/shop.yml:10: sources[0].api_key: the environment variable GORGIAS_KEY is not"
                " set; set it before the run"
            ],
        ),
        (
            "env:GORGIAS_API_KEY",
            SECRET,
            [
                "/shop.yml:10: sources[0].api_key: is a secret in plain text; put it into the"
                " environment, write env:NAME here, and change it at the vendor if this file has"
                " been shared"
            ],
        ),
        (
            "env:GORGIAS_API_KEY",
            "env:not a name",
            [
                "/shop.yml:10: sources[0].api_key: has no name of a variable after env:;"
                " write env:NAME"
            ],
        ),
        (
            "currency: KRW",
            "currency: KRW\ncurrency: USD",
            ["/shop.yml:4: currency: is given twice; keep one of the two"],
        ),
        (
            "seeds: seeds",
            "alerts: {webhook: https://chat.example/T0KEN}",
            [
                "/shop.yml:13: alerts.webhook: is a secret in plain text; put it into the"
                " environment, write env:NAME here, and change it at the vendor if this file has"
                " been shared"
            ],
        ),
        (
            "name: Seoul Lamp Co.",
            "name: [Seoul",
            ["/shop.yml:2: is no YAML: expected ',' or ']', but got ':'"],
        ),
    ],
)
def test_a_slip_is_told_with_its_line_its_key_and_the_remedy(
    folder: Path, old: str, new: str, expected: list[str]
) -> None:
    assert refusal(folder, GOOD.replace(old, new, 1)) == expected


def test_a_folder_that_is_not_there_is_told_with_its_path(folder: Path) -> None:
    (slip,) = refusal(folder, GOOD.replace("seeds: seeds", "seeds: sedes"))
    assert slip.startswith("/shop.yml:13: seeds: ")
    assert f"{folder}/sedes is no folder" in slip


@pytest.mark.parametrize("text", ["", "just words", "- a list"])
def test_what_is_no_shop_file_is_refused(folder: Path, text: str) -> None:
    assert refusal(folder, text) == [
        "/shop.yml:1: is no shop file; it holds keys such as name and sources"
    ]


def test_a_shop_file_that_is_not_there_says_which_variable_names_it(tmp_path: Path) -> None:
    with pytest.raises(ShopError, match="STELLAR_SHOP is the path"):
        Shop.load(tmp_path / "shop.yml", ENVIRONMENT)


def test_a_shop_without_sources_is_refused(folder: Path) -> None:
    text = GOOD[: GOOD.index("sources:")] + "sources: []\n"
    assert refusal(folder, text)[0].startswith("/shop.yml:5: sources: ")


@pytest.mark.parametrize(("key", "state"), [("", "not set"), (KEY[:-1], "too short")])
def test_without_a_key_for_pseudonyms_nothing_starts(folder: Path, key: str, state: str) -> None:
    (slip,) = refusal(folder, GOOD, ENVIRONMENT | {"STELLAR_PII_KEY": key})
    assert f"STELLAR_PII_KEY is {state}" in slip
    assert "`pii: keep`" in slip


def test_personal_data_is_kept_only_where_the_shop_says_so(folder: Path) -> None:
    assert isinstance(load(folder, GOOD).privacy, Pseudonymiser)
    kept = load(folder, GOOD + "pii: keep\n", ENVIRONMENT | {"STELLAR_PII_KEY": ""})
    assert isinstance(kept.privacy, Keep)
    (slip,) = refusal(folder, GOOD + "pii: yes\n")
    assert slip == "/shop.yml:14: pii: Input should be 'keep'"


def test_a_secret_is_in_no_refusal(folder: Path) -> None:
    text = GOOD.replace("seoul-lamp", "env:GORGIAS_API_KEY").replace("2024-01-01", "soon")
    slips = "\n".join(refusal(folder, text))
    assert "sources[0].start" in slips
    assert SECRET not in slips


def test_files_may_stand_beside_a_vendor_under_its_name_with_what_it_does_not_tell(
    folder: Path,
) -> None:
    beside = GOOD.replace("name: drops", "name: desk")

    assert [source.name for source in load(folder, beside).sources] == ["desk", "desk"]

    (folder / "drops/surveys").mkdir()
    assert refusal(folder, beside) == [
        "/shop.yml:5: sources: 2 sources are named desk and bring surveys;"
        " give each a name of its own"
    ]
