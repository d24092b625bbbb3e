with

newest as (

    {{ newest_versions('files', 'quality_reviews') }}

),

final as (

    select
        source,
        record_id as review_id,
        {{ known('ticket_id') }} as ticket_id,
        {{ known('agent_id') }} as agent_id,
        points,
        points_possible,
        reviewed_at,
        updated_at,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
