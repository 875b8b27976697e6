"""Tables of somebody's database: samples, sites and areas in, results out."""
