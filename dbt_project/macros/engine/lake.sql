{# How an engine reads the landing zone. #}

{# A relation: the manifests of all committed loads, or of one stream's. #}
{% macro lake_manifests(stream='*') -%}
    {{ adapter.dispatch('lake_manifests')(stream) }}
{%- endmacro %}

{% macro duckdb__lake_manifests(stream) -%}
    {%- set manifests = var('lake') ~ '/raw/*/stream=' ~ stream ~ '/*/manifest.json' -%}
    {%- set columns = {
        'load_id': 'varchar',
        'source': 'varchar',
        'kind': 'varchar',
        'stream': 'varchar',
        'outcome': 'varchar',
        'started_at': 'timestamp',
        'committed_at': 'timestamp',
        'extracted_at': 'timestamp',
        'complete_through': 'timestamp',
        'first_cursor_at': 'timestamp',
        'records_read': 'bigint',
        'records_landed': 'bigint',
        'records_unchanged': 'bigint',
        'records_quarantined': 'bigint',
        'records_replayed': 'bigint',
        'rejects_count': 'bigint',
        'parts': 'varchar[]',
        'released': 'varchar[]',
    } -%}
    {%- if execute and not run_query("select 1 from glob('" ~ manifests ~ "') limit 1").rows -%}
        (
            select
                {%- for name, type in columns.items() %}
                cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
                {%- endfor %}
            where false
        )
    {%- else -%}
        read_json('{{ manifests }}', columns = {{ columns }}, hive_partitioning = false)
    {%- endif -%}
{%- endmacro %}

{# A relation: the records in these part files; with no file, the same columns and no row. #}
{% macro lake_records(parts) -%}
    {{ adapter.dispatch('lake_records')(parts) }}
{%- endmacro %}

{% macro duckdb__lake_records(parts) -%}
    {%- if parts -%}
        read_parquet({{ parts }}, hive_partitioning = false)
    {%- else -%}
        (
            select
                cast(null as varchar) as source,
                cast(null as varchar) as record_id,
                cast(null as varchar) as operation,
                cast(null as varchar) as load_id,
                cast(null as timestamp) as extracted_at,
                cast(null as varchar) as payload
            where false
        )
    {%- endif -%}
{%- endmacro %}

{# The fields of a JSON text, all read at once, as one struct. `fields` maps each name to a type,
   to such a mapping again (an object), or to a list that holds one of these (an array). #}
{% macro from_json(text, fields) -%}
    {{ adapter.dispatch('from_json')(text, fields) }}
{%- endmacro %}

{% macro duckdb__from_json(text, fields) -%}
    from_json({{ text }}, '{{ tojson(fields) }}')
{%- endmacro %}

{# A relation: the definitions of the KPIs, from the file that the night writes. #}
{% macro kpi_definitions() -%}
    {{ adapter.dispatch('kpi_definitions')() }}
{%- endmacro %}

{% macro duckdb__kpi_definitions() -%}
    read_json(
        '{{ var('catalogue') }}',
        columns = {
            {%- for name in [
                'kpi_id', 'label_en', 'label_ko', 'question', 'definition', 'counts', 'leaves_out',
                'numerator', 'denominator', 'unit', 'better', 'attributed_to', 'matures_after',
                'needs', 'document', 'section', 'status', 'owner'
            ] %}
            '{{ name }}': 'varchar'{{ ',' if not loop.last }}
            {%- endfor %}
        }
    )
{%- endmacro %}
