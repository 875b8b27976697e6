"""NetCDF after the CF conventions, in and out."""
