-- Grain: one row per chatbot session, those that became a ticket included.
with sessions as (
    select * from {{ ref('fct_self_service_sessions') }}
),

final as (
    select
        started_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        case when outcome = 'escalated' then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from sessions
    where
        tool = 'chatbot'
        and exclusion_reason is null
)

select * from final
