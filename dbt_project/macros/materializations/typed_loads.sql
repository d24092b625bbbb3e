{# One Parquet file for each committed load: what `typed_<kind>__<stream>` makes of that load alone.
   Files that are there are never made again: a name holds the model's fingerprint and the load. #}

{% materialization typed_loads, adapter='duckdb' %}
    {%- set kind, stream = model.sources[0] -%}
    {%- set records = source(kind, stream) | string -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {%- set fingerprint = local_md5(sql | replace(records, 'lake_records'))[:12] -%}
    {%- set files = var('typed') ~ '/' ~ model.name ~ '.' ~ fingerprint ~ '.' -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set typed = run_query("select file from glob('" ~ files ~ "*.parquet')").columns[0].values() -%}
    {%- set loads = run_query(
        "select source, load_id, array_to_string(parts, '/') as parts from " ~ lake_manifests(stream)
        ~ " where kind = '" ~ kind ~ "' and outcome = 'committed' and len(parts) > 0"
        ~ " order by source, load_id"
    ).rows -%}

    {%- set of_committed_loads = [] -%}
    {%- for load in loads -%}
        {%- set file = files ~ load['source'] ~ '.' ~ load['load_id'] ~ '.parquet' -%}
        {%- do of_committed_loads.append(file) -%}
        {%- if file not in typed -%}
            {%- set parts = [] -%}
            {%- for part in load['parts'].split('/') -%}
                {%- do parts.append(
                    var('lake') ~ '/raw/source=' ~ load['source'] ~ '/stream=' ~ stream
                    ~ '/load_id=' ~ load['load_id'] ~ '/' ~ part
                ) -%}
            {%- endfor -%}
            {%- do run_query(
                'copy (' ~ sql | replace(records, lake_records(parts)) ~ ") to '" ~ file
                ~ "' (format parquet, compression lz4, use_tmp_file true)"
            ) -%}
        {%- endif -%}
    {%- endfor -%}

    {%- call statement('main') -%}
        create or replace view {{ target_relation }} as
        {% if of_committed_loads -%}
            select *, file_row_number as load_position
            from read_parquet({{ of_committed_loads }}, hive_partitioning = false)
        {%- else -%}
            select *, cast(null as bigint) as load_position
            from ({{ sql | replace(records, lake_records([])) }})
        {%- endif %}
    {%- endcall -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(target_relation, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
