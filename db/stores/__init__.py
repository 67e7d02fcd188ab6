"""One store per aggregate: rows in, domain types and records out."""
