-- Grain: one row per (source, vendor_tool), a word that the source uses for a self-service tool.
with

words as (

    select
        source,
        {{ word('tool') }} as vendor_tool
    from {{ ref('typed_files__self_service_sessions') }}
    where {{ word('tool') }} is not null
    group by 1, 2

),

session_tools as (

    select * from {{ ref('session_tools') }}

),

final as (

    select
        words.source,
        words.vendor_tool,
        coalesce(session_tools.value, 'unmapped') as tool,
        words.vendor_tool || ',,' as seed_line,
        session_tools.value is not null as is_mapped
    from words
    left join session_tools
        on words.vendor_tool = session_tools.value

)

select * from final
