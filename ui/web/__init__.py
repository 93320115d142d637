"""The server behind the browser: the app, its guard, its start."""
