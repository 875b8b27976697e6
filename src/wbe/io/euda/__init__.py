"""The source tables of EUDA and SCORE: weeks of daily loads by city, in and out."""
