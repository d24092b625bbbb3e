-- Grain: one row per (source, survey_id); none holds its comment.
with

gorgias_surveys as (

    select * from {{ ref('stg_gorgias__satisfaction_surveys') }}
    where not is_deleted

),

files_surveys as (

    select * from {{ ref('stg_files__surveys') }}
    where not is_deleted

),

channel_words as (

    select * from {{ ref('int_channels__words') }}

),

unioned as (

    select
        source,
        survey_id,
        ticket_id,
        cast(null as varchar) as contact_id,
        customer_id,
        cast(null as varchar) as agent_id,
        'csat' as kind,
        cast(null as varchar) as vendor_channel,
        score,
        sent_at,
        responded_at,
        updated_at
    from gorgias_surveys
    union all
    select
        source,
        survey_id,
        ticket_id,
        contact_id,
        customer_id,
        agent_id,
        kind,
        vendor_channel,
        score,
        sent_at,
        responded_at,
        updated_at
    from files_surveys

),

final as (

    select
        surveys.source,
        surveys.survey_id,
        surveys.ticket_id,
        surveys.contact_id,
        surveys.customer_id,
        surveys.agent_id,
        surveys.kind,
        channel_words.channel,
        surveys.score,
        surveys.sent_at,
        {{ known_by_the_cut('surveys.responded_at') }} as responded_at,
        surveys.updated_at
    from unioned as surveys
    left join channel_words
        on
            surveys.source = channel_words.source
            and surveys.vendor_channel = channel_words.vendor_channel
    where surveys.sent_at <= {{ as_of() }}

)

select * from final
