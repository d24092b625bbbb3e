"""The demo shop: a simulated Korean online shop and its helpdesk. Nothing here knows of models."""
