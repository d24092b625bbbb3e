with

newest as (

    {{ newest_versions('gorgias', 'satisfaction_surveys') }}

),

final as (

    select
        source,
        record_id as survey_id,
        {{ known('ticket_id') }} as ticket_id,
        {{ known('customer_id') }} as customer_id,
        score,
        coalesce(sent_at, case when scored_at is not null then created_at end) as sent_at,
        scored_at as responded_at,
        updated_at,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
