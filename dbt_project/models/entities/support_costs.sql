-- Grain: one row per (source, cost_id).
with

files_costs as (

    select * from {{ ref('stg_files__support_costs') }}
    where not is_deleted

),

channel_words as (

    select * from {{ ref('int_channels__words') }}

),

category_words as (

    select * from {{ ref('int_streams__listed_words') }}
    where stream = 'support_costs'

),

final as (

    select
        costs.source,
        costs.cost_id,
        -- A word that is mapped to no channel is of no use to a cost either.
        case
            when costs.vendor_channel = 'shared' then 'shared'
            else coalesce(channel_words.channel, 'unmapped')
        end as channel,
        category_words.word as category,
        costs.currency,
        costs.amount,
        costs.month,
        {{ local_to_utc('cast(costs.month as timestamp)') }} as begins_at,
        costs.updated_at
    from files_costs as costs
    left join channel_words
        on
            costs.source = channel_words.source
            and costs.vendor_channel = channel_words.vendor_channel
    left join category_words
        on
            costs.source = category_words.source
            and costs.vendor_category = category_words.vendor_word
    where {{ local_to_utc('cast(costs.month as timestamp)') }} <= {{ as_of() }}

)

select * from final
