"""Pictures of cups: photographs cut to their coins, rendered designs, and the cups composed from both."""
