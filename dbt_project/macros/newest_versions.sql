{# terms: Version. Of each record in a stream the newest version as of the cut.

   Only records with several versions are ranked: most have one, and a stream may hold millions of
   them. `also` narrows the versions that may count. #}
{% macro newest_versions(kind, stream, also='true') -%}
    {%- set versions = ref('typed_' ~ kind ~ '__' ~ stream) -%}
    {%- set is_there_by_the_cut -%}
        (version.updated_at is null or least(version.updated_at, version.extracted_at) <= {{ as_of() }})
        and {{ also }}
    {%- endset -%}
    select version.*
    from {{ versions }} as version
    where
        {{ is_there_by_the_cut }}
        and not exists (
            select 1
            from (
                select
                    version.source,
                    version.load_id,
                    version.load_position,
                    row_number() over (
                        partition by version.source, version.record_id
                        order by
                            case
                                when version.updated_at is not null
                                    then least(version.updated_at, version.extracted_at)
                            end desc nulls last,
                            version.load_id desc,
                            version.load_position desc
                    ) as place
                from {{ versions }} as version
                inner join {{ ref('int_records__several_versions') }} as several
                    on
                        version.source = several.source
                        and version.record_id = several.record_id
                        and several.stream = '{{ stream }}'
                where {{ is_there_by_the_cut }}
            ) as ranked
            where
                ranked.place > 1
                and ranked.source = version.source
                and ranked.load_id = version.load_id
                and ranked.load_position = version.load_position
        )
{%- endmacro %}

{# terms: Version. An instant inside a record that is later than the cut is unknown. #}
{% macro known_by_the_cut(at) -%}
    case when {{ at }} <= {{ as_of() }} then {{ at }} end
{%- endmacro %}
