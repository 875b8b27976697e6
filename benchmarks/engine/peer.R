# The same work in base R: a vector of draws for every row. Prints JSON.
given <- commandArgs(trailingOnly = TRUE)
week <- read.csv(given[1])
number <- as.numeric(given[-1])
bias <- number[1]; sampling <- number[2]; dose <- number[3]
a <- number[4]; b <- number[5]; median_excreted <- number[6]
days <- number[7]; draws <- number[8]
set.seed(number[9])
at <- c(0.025, 0.5, 0.975)
before <- proc.time()
means <- c()
total <- numeric(draws)
for (i in seq_len(nrow(week))) {
  x <- week$central[i] * exp(
    rnorm(draws, 0, bias) + rnorm(draws, 0, week$repeatability[i]) + rnorm(draws, 0, sampling) +
      rnorm(draws, 0, week$flow[i]) - rnorm(draws, 0, week$population[i]) -
      rnorm(draws, 0, dose)
  ) * median_excreted / rbeta(draws, a, b)
  row <- quantile(x, at)
  total <- total + x
  if (i %% days == 0) {
    means <- c(means, quantile(total / days, at))
    total <- numeric(draws)
  }
}
used <- proc.time() - before
peak <- 0
if (file.exists("/proc/self/status")) {
  status <- readLines("/proc/self/status")
  peak <- 1024 * as.numeric(gsub("[^0-9]", "", status[grep("^VmHWM", status)]))
}
cat(sprintf('{"cpu": %.6f, "peak": %.0f, "means": [%s]}\n',
            used[["user.self"]] + used[["sys.self"]], peak,
            paste(sprintf("%.10g", means), collapse = ", ")))
