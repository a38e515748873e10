"""One run of a plan: the scheduler, what steps share, and what they pass on. Knows no cloud."""
