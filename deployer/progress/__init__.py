"""What a run tells while it happens: events, and the sinks that show them."""
