"""Quality: what customers and reviewers say of the work, and whether anybody listened."""

from collections.abc import Iterator

from ..desk import Desk, Survey
from ..interactions import inbound_tickets, live_contacts
from ..kpi_values import Figure, Kpi, Number, Observation
from ..periods import Period
from ..tickets import Happened
from ..trade import is_in
from .common import DAYS_3, DAYS_14, TICKET_SLICES, slices_of

SURVEY_SLICES = ("team", "agent", "topic", "brand", "vip")
SILENT_FOR_EACH_WHO_COMPLAINS = 25


def of_answer(desk: Desk, survey: Survey, numerator: Number) -> Observation:
    unknown = dict.fromkeys(TICKET_SLICES)
    of_ticket = slices_of(desk, survey.ticket) if survey.ticket else unknown
    vip = desk.persons.is_vip(survey.person)
    return Observation(
        at=survey.record["responded_at"],
        channel=survey.channel,
        slices={**of_ticket, "agent": survey.agent_id, "vip": vip},
        numerator=numerator,
        about=f"{survey.record['source']}/{survey.record['survey_id']}",
    )


def csat_score(desk: Desk) -> Iterator[Observation]:
    for survey in desk.latest_answers("csat"):
        yield of_answer(desk, survey, int(survey.record["score"] in (4, 5)))


def csat_mean(desk: Desk) -> Iterator[Observation]:
    for survey in desk.latest_answers("csat"):
        yield of_answer(desk, survey, survey.record["score"])


def net_promoter_score(desk: Desk) -> Iterator[Observation]:
    for survey in desk.latest_answers("nps"):
        score = survey.record["score"]
        yield of_answer(desk, survey, int(score >= 9) - int(score <= 6))


def customer_effort_score(desk: Desk) -> Iterator[Observation]:
    for survey in desk.latest_answers("ces"):
        yield of_answer(desk, survey, survey.record["score"])


def internal_quality_score(desk: Desk) -> Iterator[Observation]:
    for review in desk.reviews:
        if review.ticket is not None and not review.is_of_a_bot:
            slices = slices_of(desk, review.ticket)
            yield Observation(
                at=review.record["reviewed_at"],
                channel=review.ticket.channel,
                slices={**slices, "agent": review.record["agent_id"]},
                numerator=review.record["points"],
                denominator=review.record["points_possible"],
                about=f"{review.record['source']}/{review.record['review_id']}",
            )


def survey_response_rate(desk: Desk) -> Iterator[Observation]:
    for survey in desk.surveys:
        if not survey.is_out:
            yield Observation(
                at=survey.record["sent_at"],
                channel=survey.channel,
                numerator=int(survey.is_answer),
                about=f"{survey.record['source']}/{survey.record['survey_id']}",
            )


def feedback_follow_up_rate(desk: Desk) -> Iterator[Observation]:
    answers = [(survey, 2) for survey in desk.latest_answers("csat")]
    answers += [(survey, 6) for survey in desk.latest_answers("nps")]
    for survey, bad in answers:
        since = survey.record["responded_at"]
        is_old = since <= desk.shop.as_of - DAYS_3
        if survey.record["score"] > bad or survey.person is None or not is_old:
            continue
        followed_up = [
            *(
                message.record["sent_at"]
                for message in desk.human_messages()
                if desk.person_of(message.ticket) == survey.person
            ),
            *(
                contact.at
                for contact in live_contacts(desk)
                if contact.is_answered and contact.person == survey.person
            ),
        ]
        is_heard = any(since < at <= since + DAYS_3 for at in followed_up)
        yield of_answer(desk, survey, int(is_heard))


def silent_dissatisfied_customers(
    desk: Desk, period: Period, happened: Happened, channel: str
) -> Figure:
    complaining = {
        desk.person_of(ticket)
        for ticket in inbound_tickets(desk)
        if ticket.is_complaint and is_in(period, happened, ticket.record["created_at"])
    } - {None}
    return Figure(n=len(complaining), value=SILENT_FOR_EACH_WHO_COMPLAINS * len(complaining))


KPIS = [
    Kpi(
        id="csat_score",
        unit="percent",
        needs=("surveys", "tickets"),
        slices=SURVEY_SLICES,
        observe=csat_score,
    ),
    Kpi(
        id="csat_mean",
        unit="score_1_5",
        needs=("surveys", "tickets"),
        slices=SURVEY_SLICES,
        observe=csat_mean,
    ),
    Kpi(
        id="net_promoter_score",
        unit="points",
        needs=("surveys", "tickets"),
        slices=("vip",),
        observe=net_promoter_score,
    ),
    Kpi(
        id="customer_effort_score",
        unit="score_1_7",
        needs=("surveys", "tickets"),
        observe=customer_effort_score,
    ),
    Kpi(
        id="internal_quality_score",
        unit="percent",
        needs=("quality_reviews", "tickets"),
        slices=("agent", "team"),
        observe=internal_quality_score,
    ),
    Kpi(
        id="survey_response_rate",
        unit="percent",
        needs=("surveys", "tickets"),
        matures_after=DAYS_14,
        observe=survey_response_rate,
    ),
    Kpi(
        id="feedback_follow_up_rate",
        unit="percent",
        needs=("surveys", "tickets", "messages", "live_contacts"),
        matures_after=DAYS_3,
        observe=feedback_follow_up_rate,
    ),
    Kpi(
        id="silent_dissatisfied_customers",
        unit="customers",
        needs=("tickets", "messages"),
        by_channel=False,
        statistics=("count",),
        at_end=silent_dissatisfied_customers,
    ),
]
