"""What interprets the numbers."""
