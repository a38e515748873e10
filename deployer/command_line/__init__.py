"""What the commands share: their options, and the terminal that they run in."""
