"""What people do with the sandbox: click the button, read in the portal, type in a shell, open a browser."""
