{# Tables and views made where they stay. dbt-duckdb makes them beside and swaps them in, for readers
   that a build has none of: it makes a file of its own, and readers get it whole. #}

{% materialization table, adapter='duckdb' %}
    {{ return(_make_in_place('table')) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {{ return(_make_in_place('view')) }}
{% endmaterialization %}

{% macro _make_in_place(type) %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type=type) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {{ drop_relation_if_exists(existing_relation) }}
    {%- call statement('main') -%}
        {{ get_create_table_as_sql(False, target_relation, sql) if type == 'table'
            else get_create_view_as_sql(target_relation, sql) }}
    {%- endcall -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(target_relation, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmacro %}
