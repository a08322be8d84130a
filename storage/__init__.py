"""The database: schema, migrations, what is written in one transaction and what is read back."""
