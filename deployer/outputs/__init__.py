"""What users receive: records, values files, next steps, and where they are stored."""
