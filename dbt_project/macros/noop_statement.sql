{# dbt writes the SQL that it ran below its target folder, but for a seed in a folder that is given
   by an absolute path that place is the CSV itself. So this one, which only seeds use, does not write. #}
{% macro noop_statement(name=none, message=none, code=none, rows_affected=none, res=none) -%}
    {%- set sql = caller() -%}
    {%- if name is not none -%}
        {{ store_raw_result(
            name, message=message, code=code, rows_affected=rows_affected, agate_table=res
        ) }}
    {%- endif -%}
{%- endmacro %}
