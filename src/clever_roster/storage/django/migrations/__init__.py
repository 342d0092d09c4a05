"""Django's migrations of our tables."""
