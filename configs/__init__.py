"""What every room shares: settings and their checks, the taxonomy, the error tree; and the YAML itself."""
