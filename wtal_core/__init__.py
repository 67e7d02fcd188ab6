"""Pure computing for temporal action localization: knows neither the application nor the database."""
