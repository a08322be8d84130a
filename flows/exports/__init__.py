"""Files for those who want files: the views of BI as CSV and Parquet, kept up to date by a state beside them."""
