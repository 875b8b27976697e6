"""Places with their outlines: GeoPackage, GeoParquet and GeoJSON."""
