"""The part of Microsoft.Network that is Azure DNS: zones, record sets and name servers."""
