"""What Gorgias promises about its records, field by field, and which fields are personal.

How they are asked for is said in gorgias.py, what they mean in dbt_project/models/staging.
"""

from dagster_project.sources.seam import Contract, Field, FieldType, Personal, TextKind


def _fields(*paths: str, type: FieldType, required: bool = False) -> tuple[Field, ...]:
    return tuple(Field(path=path, type=type, required=required) for path in paths)


def _personal(*paths: str, kind: Personal) -> tuple[Field, ...]:
    return tuple(Field(path=path, personal=kind) for path in paths)


def _text(path: str, read_as: TextKind) -> Field:
    return Field(path=path, personal="free_text", read_as=read_as)


def _person(path: str) -> tuple[Field, ...]:
    """A customer or a user, as they stand inside other records."""
    return (
        Field(path=f"{path}.id", type="id"),
        *_personal(f"{path}.email", kind="email"),
        *_personal(f"{path}.name", f"{path}.firstname", f"{path}.lastname", kind="name"),
        *_personal(f"{path}.meta", kind="free_text"),
    )


TICKETS = Contract(
    key="id",
    cursor="updated_datetime",
    deleted="trashed_datetime",
    fields=(
        Field(path="id", type="id", required=True),
        Field(path="status", required=True, choices=frozenset({"open", "closed"})),
        Field(path="channel", required=True),
        *_fields("created_datetime", "updated_datetime", type="instant", required=True),
        *_fields("closed_datetime", "snooze_datetime", "trashed_datetime", type="instant"),
        *_fields("from_agent", type="boolean", required=True),
        *_fields("spam", type="boolean"),
        *_fields("assignee_team.id", type="id"),
        *_person("customer"),
        *_person("requester"),
        *_person("assignee_user"),
        _text("subject", read_as="subject"),
        *_personal("excerpt", kind="free_text"),
    ),
)

MESSAGES = Contract(
    key="id",
    cursor="created_datetime",
    deleted="deleted_datetime",
    fields=(
        *_fields("id", "ticket_id", type="id", required=True),
        *_fields("created_datetime", type="instant", required=True),
        *_fields("sent_datetime", "failed_datetime", "deleted_datetime", type="instant"),
        *_fields("from_agent", "public", type="boolean", required=True),
        *_fields("rule_id", "integration_id", type="id"),
        *_person("sender"),
        *_person("receiver"),
        *_personal("source.from.address", "source.to[].address", kind="address"),
        *_personal("source.cc[].address", "source.bcc[].address", kind="address"),
        *_personal("source.from.name", "source.to[].name", kind="name"),
        *_personal("source.cc[].name", "source.bcc[].name", kind="name"),
        # Stripped of what it quotes, which may be another's words.
        _text("stripped_text", read_as="body"),
        _text("body_text", read_as="body"),
        *_personal("subject", "body_html", kind="free_text"),
        *_personal("stripped_html", "stripped_signature", kind="free_text"),
        *_personal("headers", "source.extra", "last_sending_error", kind="free_text"),
        *_personal("attachments[].url", "attachments[].name", kind="free_text"),
    ),
)

SURVEYS = Contract(
    key="id",
    cursor="created_datetime",
    fields=(
        *_fields("id", "ticket_id", type="id", required=True),
        *_fields("created_datetime", type="instant", required=True),
        *_fields("should_send_datetime", "sent_datetime", "scored_datetime", type="instant"),
        Field(path="score", type="integer", at_least=1, at_most=5),
        *_fields("customer_id", type="id"),
        *_personal("body_text", kind="free_text"),
    ),
)

CUSTOMERS = Contract(
    key="id",
    cursor="updated_datetime",
    fields=(
        *_fields("id", type="id", required=True),
        *_fields("created_datetime", "updated_datetime", type="instant", required=True),
        *_fields("external_id", type="id"),
        *_personal("email", kind="email"),
        *_personal("channels[].address", kind="address"),
        *_personal("name", "firstname", "lastname", kind="name"),
        *_personal("note", "meta", "integrations", kind="free_text"),
    ),
)

USERS = Contract(
    key="id",
    cursor=None,
    fields=(
        *_fields("id", type="id", required=True),
        *_fields("created_datetime", "deactivated_datetime", type="instant"),
        *_personal("email", kind="email"),
        *_personal("bio", "meta", kind="free_text"),
    ),
)

EVENTS = Contract(
    key="id",
    cursor="created_datetime",
    fields=(
        *_fields("id", type="id", required=True),
        *_fields("created_datetime", type="instant", required=True),
        Field(path="type", required=True),
        *_fields("object_id", "user_id", type="id"),
        *_personal("data.call", "data.recording", kind="free_text"),
    ),
)

TAGS = Contract(
    key="id",
    cursor=None,
    deleted="deleted_datetime",
    fields=(
        *_fields("id", type="id", required=True),
        Field(path="name", required=True),
        *_fields("deleted_datetime", type="instant"),
    ),
)
