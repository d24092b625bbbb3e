-- Grain: one row per currency and day from which its rate in the reporting currency changes.
with rates as (
    select * from {{ ref('exchange_rates') }}
    where to_currency = '{{ var("currency") }}'
),

dated as (
    select
        currency,
        on_date as valid_from,
        lead(on_date) over (partition by currency order by on_date) as valid_until,
        rate
    from rates
),

final as (
    select
        currency,
        valid_from,
        coalesce(valid_until, date '9999-12-31') as valid_until,
        rate
    from dated

    union all

    select
        '{{ var("currency") }}' as currency,
        date '0001-01-01' as valid_from,
        date '9999-12-31' as valid_until,
        cast(1 as decimal(18, 8)) as rate
)

select * from final
