"""Persons: who is one, over records and sources."""

from hashlib import md5

from hand_lake import HandLake


def test_a_long_chain_of_customers_is_one_person(lake: HandLake) -> None:
    chain = sorted(range(300), key=lambda customer: customer * 7919 % 307)
    lake.drop(
        "customers",
        *(
            {
                "customer_id": f"C{customer:03}",
                "email": f"{place // 2}@example.com",
                "phone": str((place + 1) // 2),
            }
            for place, customer in enumerate(chain)
        ),
        {"customer_id": "apart", "email": "apart@example.com"},
    )
    lake.build("int_customers__person")
    assert lake.rows(
        "select person_id, count(*) from entities.int_customers__person group by all order by 2"
    ) == [
        (md5(b"drops|apart", usedforsecurity=False).hexdigest(), 1),
        (md5(b"drops|C000", usedforsecurity=False).hexdigest(), 300),
    ]
