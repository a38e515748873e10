"""Azure DNS: zones, their record sets, and what its name servers answer."""
