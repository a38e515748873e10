"""Plays cert-manager over a cluster's API: issuers, certificates, requests, orders, challenges, its webhook.

States, reasons and messages are those of cert-manager 1.20, from the source of its controllers.
"""
