{# The grain of a model: no two rows with the same values in these columns. #}
{% test unique_key(model, columns) %}

select
    {{ columns | join(',\n    ') }},
    count(*) as rows_of_key
from {{ model }}
group by
    {{ columns | join(',\n    ') }}
having count(*) > 1

{% endtest %}
