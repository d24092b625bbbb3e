-- Grain: one row per counted ticket that was ever passed on.
with handovers as (
    select * from {{ ref('int_tickets__handovers') }}
),

final as (
    select
        source,
        ticket_id,
        count(*) as transfer_count
    from handovers
    group by
        source,
        ticket_id
)

select * from final
