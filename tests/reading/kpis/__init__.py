"""The KPIs, each as the catalogue words it: what is observed, when, and under which channel."""

from . import community, cost, customers, quality, reach, resolution, speed

KPIS = [
    *speed.KPIS,
    *resolution.KPIS,
    *quality.KPIS,
    *cost.KPIS,
    *customers.KPIS,
    *reach.KPIS,
    *community.KPIS,
]
