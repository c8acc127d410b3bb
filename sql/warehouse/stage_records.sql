copy staged_records (raw_data) from stdin with (format binary)
