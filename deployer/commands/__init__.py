"""What each command does with an open session."""
