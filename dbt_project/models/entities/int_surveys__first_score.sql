-- Grain: one row per (source, survey_id) that was ever answered with a score.
with

versions as (

    {% for survey in ['typed_gorgias__satisfaction_surveys', 'typed_files__surveys'] %}
    select
        source,
        record_id as survey_id,
        score,
        {{ 'scored_at' if 'gorgias' in survey else 'responded_at' }} as responded_at,
        case when updated_at is not null then least(updated_at, extracted_at) end as version_at,
        load_id,
        load_position
    from {{ ref(survey) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

answers as (

    select
        source,
        survey_id,
        score as first_score,
        row_number() over (
            partition by source, survey_id
            order by version_at nulls first, load_id, load_position
        ) as place
    from versions
    where
        score is not null
        and responded_at <= {{ as_of() }}
        and (version_at is null or version_at <= {{ as_of() }})

),

final as (

    select
        source,
        survey_id,
        first_score
    from answers
    where place = 1

)

select * from final
