Results of the first quarter
