"""PHES-ODM-shaped tables: a folder of CSV files in, a folder of CSV files out."""
