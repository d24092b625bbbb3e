with

newest as (

    {{ newest_versions('files', 'ticket_events') }}

),

final as (

    select
        source,
        record_id as event_id,
        {{ known('ticket_id') }} as ticket_id,
        {{ word('kind') }} as kind,
        {% for value in ['from_value', 'to_value'] %}
        case
            when {{ word('kind') }} in ('status', 'priority') then {{ word(value) }}
            else {{ known(value) }}
        end as {{ value }},
        {% endfor %}
        {{ word('actor') }} as actor,
        newest.at,
        updated_at,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
