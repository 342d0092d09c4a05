"""Other places that a roster comes from: the CSV files of Clever SFTP."""
