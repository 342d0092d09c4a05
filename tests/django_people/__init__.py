"""The app that holds the user model of the tests' Django project."""
