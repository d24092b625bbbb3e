-- Grain: one row per (source, stream, vendor_word), a word of a list that shops may add to.
{% set lists = [
    ('self_service_sessions', 'tool', 'session_tools'),
    ('support_costs', 'category', 'cost_categories'),
    ('gestures', 'kind', 'gesture_kinds'),
] %}
with

said as (

    {% for stream, column, seed in lists %}
    select
        source,
        '{{ stream }}' as stream,
        '{{ seed }}' as seed,
        {{ word(column) }} as vendor_word
    from {{ ref('typed_files__' ~ stream) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

words as (

    select
        source,
        stream,
        seed,
        vendor_word
    from said
    where vendor_word is not null
    group by source, stream, seed, vendor_word

),

listed as (

    {% for stream, _, seed in lists %}
    select
        '{{ stream }}' as stream,
        value
    from {{ ref(seed) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        words.source,
        words.stream,
        words.vendor_word,
        coalesce(listed.value, 'unmapped') as word,
        'seeds/' || words.seed || '.csv: ' || words.vendor_word || ',,' as seed_line,
        listed.value is not null as is_mapped
    from words
    left join listed
        on
            words.stream = listed.stream
            and words.vendor_word = listed.value

)

select * from final
