"""Sources of kind `sql`: what a query gives, in any database that SQLAlchemy speaks to."""
