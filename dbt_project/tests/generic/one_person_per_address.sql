{# The rounds of int_customers__person were enough: no address is left that leads to two persons. #}
{% test one_person_per_address(model) %}

select
    addresses.address,
    min(persons.person_id) as one_person,
    max(persons.person_id) as another
from {{ ref('int_customers__addresses') }} as addresses
inner join {{ model }} as persons
    on
        addresses.source = persons.source
        and addresses.customer_id = persons.customer_id
group by addresses.address
having min(persons.person_id) <> max(persons.person_id)

{% endtest %}
