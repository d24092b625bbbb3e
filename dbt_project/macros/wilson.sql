{# Wilson's 95% interval of a share, its `low` or `high` end, from 0 to 1: within which the share lies
   that so many cases would show if there were more of them. Unknown over none. #}
{% macro wilson(hits, n, end) -%}
    {#- 1.96 standard deviations, squared 3.8416. -#}
    round({{ ratio(
        hits ~ ' + 3.8416 / 2 ' ~ {'low': '-', 'high': '+'}[end] ~ ' 1.96 * sqrt('
        ~ ratio('(' ~ hits ~ ') * (' ~ n ~ ' - ' ~ hits ~ ')', n) ~ ' + 3.8416 / 4)',
        n ~ ' + 3.8416'
    ) }}, 12)
{%- endmacro %}
