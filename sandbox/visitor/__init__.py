"""People outside the sandbox: what they click, read in the portal, type in a shell and open in a browser."""
