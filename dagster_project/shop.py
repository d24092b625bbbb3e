"""The shop file: what it may say, and how it is refused. What a source's own keys mean, it says.

Everything wrong with a file is said at once, each slip with its line, its key and what mends it;
a value is never repeated, for it may be a secret.
"""

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from zoneinfo import ZoneInfoNotFoundError

import yaml
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from dagster_project.landing.instants import zone_of
from dagster_project.landing.privacy import SHORTEST_KEY, Keep, Privacy, Pseudonymiser
from dagster_project.sources.files import Files
from dagster_project.sources.gorgias import Gorgias

Kinds = Gorgias | Files
"""Every kind of source: a class each, with its `kind`, its `name` and its `streams()`."""

AnySource = Annotated[Kinds, Field(discriminator="kind")]

PII_KEY = "STELLAR_PII_KEY"
REFERENCE = "env:"
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)

CURRENCIES = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP
    GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD
    KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN
    NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP
    SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES
    VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
"""The codes of ISO 4217 in use."""

Place = tuple[str | int, ...]
Slip = tuple[Place, str]


class ShopError(Exception):
    """The shop file cannot be used. The message names each key, its line and the remedy."""


def _known_zone(name: str) -> str:
    try:
        zone_of(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is no time zone; give an IANA name such as Asia/Seoul") from None
    return name


def _known_currency(code: str) -> str:
    if code not in CURRENCIES.split():
        raise ValueError("is no currency; give a code of ISO 4217 such as KRW")
    return code


def _folder(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str):
        return value
    context: Any = info.context
    folder = Path(context["folder"], value)
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; make it, or correct the path")
    return folder


def _told_apart(sources: tuple[AnySource, ...]) -> tuple[AnySource, ...]:
    """Let one name stand for one system: a vendor's, and files of what the vendor does not tell."""
    by_name: dict[str, list[AnySource]] = defaultdict(list)
    for source in sources:
        by_name[source.name].append(source)
    for name, alike in by_name.items():
        if not SOURCE_NAME.fullmatch(name):
            raise ValueError(
                f"the name {name!r} cannot name a folder of the landing zone; take small letters,"
                " digits and _, a letter first"
            )
        twice = Counter(entity for source in alike for entity in source.brings)
        doubled = [entity for entity, count in twice.items() if count > 1]
        if doubled or len({source.kind == "files" for source in alike}) < len(alike):
            both = f" and bring {', '.join(doubled)}" if doubled else ""
            raise ValueError(
                f"{len(alike)} sources are named {name}{both}; give each a name of its own"
            )
    return sources


class Alerts(BaseModel):
    """Who is told when nights begin to fail and when they are well again.

    Attributes:
        webhook: The address that gets a POST of JSON; whoever knows it can write to it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    webhook: SecretStr


class Shop(BaseModel):
    """One shop, as its file describes it.

    Attributes:
        reporting_timezone: The IANA zone in which periods are cut.
        as_of: The instant to which everything is computed; None follows the data.
        pii: `keep` lands personal data as it is; otherwise it is replaced by pseudonyms.
        seeds: A folder whose CSVs stand in for those of the project.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: Annotated[str, Field(min_length=1)]
    reporting_timezone: Annotated[str, AfterValidator(_known_zone)]
    currency: Annotated[str, AfterValidator(_known_currency)]
    as_of: AwareDatetime | None = None
    pii: Literal["keep"] | None = None
    sources: Annotated[tuple[AnySource, ...], Field(min_length=1), AfterValidator(_told_apart)]
    seeds: Annotated[Path | None, BeforeValidator(_folder)] = None
    alerts: Alerts | None = None
    _privacy: Privacy = PrivateAttr()

    @classmethod
    def load(cls, path: Path, environment: Mapping[str, str]) -> Self:
        """Read a shop file; `env:NAME` in it stands for a variable of `environment`.

        Raises:
            ShopError: Where the file cannot be read or used.
        """
        document, lines, slips = _read(path)
        slips += _broken_references(document, environment)
        if not slips:
            context = {"folder": path.resolve().parent, "environment": environment}
            try:
                shop = cls.model_validate(_resolved(document, environment), context=context)
            except ValidationError as error:
                slips = [_slip(each) for each in error.errors(include_input=False)]
            else:
                slips = list(_plain_secrets(shop, document))
                if not slips:
                    return shop
        raise ShopError("\n".join(_told(path, lines, *slip) for slip in slips))

    @property
    def privacy(self) -> Privacy:
        """How personal data is treated at landing."""
        return self._privacy

    @property
    def secrets(self) -> list[str]:
        """Every secret that the file refers to, for taking them out of what leaves the house."""
        return [secret.get_secret_value() for _, secret in _secrets(self)]

    @model_validator(mode="after")
    def _choose_privacy(self, info: ValidationInfo) -> Self:
        context: Any = info.context
        key = context["environment"].get(PII_KEY, "")
        if self.pii == "keep":
            self._privacy = Keep()
        elif len(key) >= SHORTEST_KEY:
            self._privacy = Pseudonymiser(key)
        else:
            state = "too short" if key else "not set"
            raise ValueError(
                f"the environment variable {PII_KEY} is {state}: it is the key under which personal"
                f" data becomes pseudonyms. Set it to {SHORTEST_KEY} or more random characters"
                " and keep it: another key makes strangers of known customers. To land personal"
                " data as it is, write `pii: keep` in this file"
            )
        return self


def _read(path: Path) -> tuple[Any, dict[Place, int], list[Slip]]:
    """Return the document, the line of each place in it, and the keys that it gives twice."""
    try:
        loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
        root = loader.get_single_node()
        document = loader.construct_document(root) if root else None
    except OSError as error:
        raise ShopError(f"{path}: {error.strerror}; STELLAR_SHOP is the path of the file") from None
    except UnicodeDecodeError:
        raise ShopError(f"{path}: is not UTF-8; save it as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ShopError(f"{path}:{line}: is no YAML: {error.problem}") from None
    if root is None or not isinstance(document, dict):
        raise ShopError(f"{path}:1: is no shop file; it holds keys such as name and sources")
    lines: dict[Place, int] = {}
    slips: list[Slip] = []
    _look_through(root, (), lines, slips)
    return document, lines, slips


def _look_through(
    node: yaml.Node, place: Place, lines: dict[Place, int], slips: list[Slip]
) -> None:
    if isinstance(node, yaml.SequenceNode):
        for n, element in enumerate(node.value):
            lines[(*place, n)] = element.start_mark.line + 1
            _look_through(element, (*place, n), lines, slips)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*place, str(key.value))
            if below in lines:
                slips.append((below, "is given twice; keep one of the two"))
            lines[below] = key.start_mark.line + 1
            _look_through(value, below, lines, slips)


def _texts(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, below in value.items():
            yield from _texts(below, (*place, str(key)))
    elif isinstance(value, list):
        for n, below in enumerate(value):
            yield from _texts(below, (*place, n))


def _broken_references(document: Any, environment: Mapping[str, str]) -> Iterator[Slip]:
    for place, text in _texts(document):
        name = text.removeprefix(REFERENCE)
        if name == text:
            continue
        if not VARIABLE.fullmatch(name):
            yield place, f"has no name of a variable after {REFERENCE}; write {REFERENCE}NAME"
        elif not environment.get(name):
            yield place, f"the environment variable {name} is not set; set it before the run"


def _resolved(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return environment[value.removeprefix(REFERENCE)] if _is_reference(value) else value
    if isinstance(value, dict):
        return {key: _resolved(below, environment) for key, below in value.items()}
    if isinstance(value, list):
        return [_resolved(below, environment) for below in value]
    return value


def _is_reference(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(REFERENCE)


def _secrets(shop: Shop) -> Iterator[tuple[Place, SecretStr]]:
    parts: list[tuple[Place, BaseModel]] = [
        (("sources", n), source) for n, source in enumerate(shop.sources)
    ]
    if shop.alerts is not None:
        parts.append((("alerts",), shop.alerts))
    for place, part in parts:
        for key, value in part:
            if isinstance(value, SecretStr):
                yield (*place, key), value


def _plain_secrets(shop: Shop, document: Any) -> Iterator[Slip]:
    for place, _ in _secrets(shop):
        written = document
        for step in place:
            written = written[step]
        if not _is_reference(written):
            yield (
                place,
                f"is a secret in plain text; put it into the environment, write {REFERENCE}NAME"
                " here, and change it at the vendor if this file has been shared",
            )


def _slip(error: Any) -> Slip:
    """Return what pydantic found, in the words and the places of the file."""
    place, kind = error["loc"], error["type"]
    known = sorted(_known_keys(place))
    place = (*place[:2], *place[3:]) if place[:1] == ("sources",) else place
    match kind:
        case "missing":
            return place, "is missing; add it"
        case "extra_forbidden":
            near = difflib.get_close_matches(str(place[-1]), known, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            return place, f"is no known key; {meant}Known are {', '.join(known)}"
        case "union_tag_invalid" | "union_tag_not_found":
            kinds = ", ".join(_by_kind())
            return (*place, "kind"), f"is no known kind of source; known are {kinds}"
    return place, error["msg"].removeprefix("Value error, ")


def _by_kind() -> dict[str, type[BaseModel]]:
    return {
        kind: model
        for model in get_args(Kinds)
        for kind in get_args(model.model_fields["kind"].annotation)
    }


def _known_keys(place: Place) -> set[str]:
    if len(place) > 1 and place[0] == "alerts":
        return set(Alerts.model_fields)
    model = _by_kind().get(str(place[2]), Shop) if len(place) > 2 else Shop
    return set(model.model_fields)


def _told(path: Path, lines: Mapping[Place, int], place: Place, what: str) -> str:
    line = next((lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in lines), 1)
    key = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return f"{path}:{line}: {key.removeprefix('.')}{': ' if key else ''}{what}"
