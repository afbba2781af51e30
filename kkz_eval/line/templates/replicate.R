# Recomputes the headline of an evaluation, its alternative comparisons and the estimates with one unit left out, from panel.csv and jobs.csv.
#
#   Rscript replicate.R [FOLDER]
#
# Base R does all of it by least squares on dummy variables. Where the packages fixest and did are installed, they are asked for the same numbers.
# Each number is compared with what kkz_eval found; the script ends with an error where one is further away than rounding. It writes
# replicated.csv into the working directory. The exact interval of the report is not made here: `kkz-eval replay` makes it.

tolerance <- 1e-6 # relative, of the larger of an estimate and the spread of its outcome
arguments <- commandArgs(trailingOnly = TRUE)
folder <- if (length(arguments)) arguments[1] else "."

read_table <- function(name) {
  read.csv(file.path(folder, name), colClasses = "character", check.names = FALSE, na.strings = "", encoding = "UTF-8")
}
panel <- read_table("panel.csv")
jobs <- read_table("jobs.csv")
parts <- function(text, separator) if (is.na(text)) character() else strsplit(text, separator, fixed = TRUE)[[1]]

# The cells of a job: window, units left out, cohorts by the reference group, complete cells, strata with both groups.
cells_of <- function(job) {
  d <- panel[panel$indicator == job$indicator, , drop = FALSE]
  d$year <- as.integer(d$year)
  d$value <- as.numeric(d$value)
  d$cohort <- as.integer(d$cohort)
  if (!is.na(job$first_year)) d <- d[d$year >= as.integer(job$first_year) & d$year <= as.integer(job$last_year), ]
  d <- d[!d$unit_id %in% parts(job$left_out, " "), ]
  cohorts <- as.integer(parts(job$treated_cohorts, " "))
  if (!length(cohorts)) cohorts <- unique(d$cohort[!is.na(d$cohort)])
  other <- !is.na(d$cohort) & !d$cohort %in% cohorts
  d <- if (job$reference == "never") d[!other, ] else d[!other | d$year < d$cohort - as.integer(job$anticipation), ]
  d$cohort[!d$cohort %in% cohorts] <- NA
  d$y <- if (job$scale == "log") suppressWarnings(log(ifelse(d$value > 0, d$value, NA))) else d$value
  numeric <- c(parts(job$adjust, "|"), parts(job$covariates, "|"), if (!is.na(job$weight)) job$weight)
  for (name in numeric) d[[name]] <- as.numeric(d[[name]])
  within <- parts(job$within, "|")
  d <- d[complete.cases(d[, c("y", numeric, within), drop = FALSE]), ]
  d$w <- if (is.na(job$weight)) rep(1, nrow(d)) else d[[job$weight]]
  d <- d[d$w > 0, ]
  d$stratum <- if (length(within)) do.call(paste, c(d[within], sep = ", ")) else rep("all", nrow(d))
  d$treated <- !is.na(d$cohort) & d$year >= d$cohort
  both <- vapply(split(d, d$stratum), function(s) any(s$treated) && any(is.na(s$cohort)), logical(1))
  if (any(both)) d <- d[d$stratum %in% names(both)[both], ]
  d$after <- if (is.na(job$earliest)) d$treated else d$treated & d$year >= as.integer(job$earliest)
  d
}

# Columns besides those of treatment: units, years within strata, baseline values by year, covariates.
nuisance <- function(d, job) {
  period <- interaction(d$stratum, d$year, drop = TRUE)
  columns <- list(model.matrix(~ 0 + factor(d$unit_id)))
  if (nlevels(period) > 1) columns <- c(columns, list(model.matrix(~period)[, -1, drop = FALSE]))
  years <- sort(unique(d$year))[-1]
  for (name in parts(job$adjust, "|")) {
    centred <- d[[name]] - mean(d[[name]])
    columns <- c(columns, list(vapply(years, function(year) centred * (d$year == year), numeric(nrow(d)))))
  }
  for (name in parts(job$covariates, "|")) columns <- c(columns, list(d[[name]]))
  do.call(cbind, columns)
}

# Least squares of y on the columns of treatment after the nuisance columns are removed (Frisch, Waugh, Lovell).
coefficients_of <- function(d, treatment, others) {
  root <- sqrt(d$w)
  decomposed <- qr(others * root)
  left <- qr.resid(decomposed, treatment * root)
  qr.coef(qr(left), qr.resid(decomposed, d$y * root))
}

treatment_of <- function(d, job) {
  if (job$method == "event_study") {
    time <- d$year - d$cohort
    times <- setdiff(sort(unique(time[!is.na(time)])), as.integer(job$event_reference))
    columns <- vapply(times, function(at) as.numeric(!is.na(time) & time == at), numeric(nrow(d)))
    colnames(columns) <- times
    return(columns)
  }
  if (job$aggregation == "coefficient") return(cbind(after = as.numeric(d$treated)))
  before <- d$treated & !d$after
  if (any(before)) cbind(after = as.numeric(d$after), before = as.numeric(before)) else cbind(after = as.numeric(d$after))
}

# The number of a job from its coefficients: the first, or the mean over the cells of the years that count.
number_of <- function(d, job, coefficients) {
  if (job$method != "event_study") return(unname(coefficients[1]))
  time <- d$year - d$cohort
  counting <- table(time[d$after & time != as.integer(job$event_reference)])
  sum(coefficients[names(counting)] * counting) / sum(counting)
}

by_fixest <- function(d, job) {
  columns <- treatment_of(d, job)
  names <- paste0("t", seq_len(ncol(columns)))
  d[names] <- as.data.frame(columns)
  adjusted <- parts(job$adjust, "|")
  short <- paste0("b", seq_along(adjusted))
  if (length(adjusted)) d[short] <- d[adjusted]
  covariates <- parts(job$covariates, "|")
  plain <- paste0("c", seq_along(covariates))
  if (length(covariates)) d[plain] <- d[covariates]
  right <- c(names, if (length(covariates)) plain, if (length(adjusted)) sprintf("i(year, %s)", short))
  formula <- as.formula(sprintf("y ~ %s | unit_id + stratum^year", paste(right, collapse = " + ")))
  found <- coef(fixest::feols(formula, data = d, weights = ~w, notes = FALSE))[names]
  number_of(d, job, setNames(found, colnames(columns)))
}

by_did <- function(d, job) {
  d$group <- ifelse(is.na(d$cohort), 0, d$cohort)
  d$id <- as.integer(factor(d$unit_id))
  estimator <- if (job$variant == "or") "reg" else if (is.na(job$variant)) "dr" else job$variant
  control <- if (job$reference == "never") "nevertreated" else "notyettreated"
  found <- did::att_gt("y", "year", "id", "group", data = d, control_group = control, est_method = estimator, bstrap = FALSE,
                       anticipation = as.integer(job$anticipation))
  counts <- !is.na(found$att) & found$t >= found$group & (is.na(job$earliest) | found$t >= as.integer(job$earliest))
  size <- vapply(found$group[counts], function(g) sum(d$group == g & !duplicated(d$id)), numeric(1))
  weighted.mean(found$att[counts], size)
}

# Share of random assignments within strata whose estimate lies at least as far from their mean as the real one.
chance <- function(d, job, others, estimate, draws) {
  units <- d[!duplicated(d$unit_id), c("unit_id", "stratum", "cohort")]
  one <- vapply(seq_len(draws), function(draw) {
    moved <- units
    for (stratum in unique(units$stratum)) {
      at <- which(units$stratum == stratum)
      moved$cohort[at] <- units$cohort[at[sample.int(length(at))]]
    }
    again <- d
    again$cohort <- moved$cohort[match(d$unit_id, moved$unit_id)]
    again$treated <- !is.na(again$cohort) & again$year >= again$cohort
    again$after <- if (is.na(job$earliest)) again$treated else again$treated & again$year >= as.integer(job$earliest)
    number_of(again, job, coefficients_of(again, treatment_of(again, job), others))
  }, numeric(1))
  mean(abs(one - mean(one)) >= abs(estimate - mean(one)) - 1e-9)
}

set.seed(1)
draws <- 499
with_fixest <- requireNamespace("fixest", quietly = TRUE)
with_did <- requireNamespace("did", quietly = TRUE)
wrong <- 0
written <- lapply(seq_len(nrow(jobs)), function(position) {
  job <- as.list(jobs[position, ])
  d <- cells_of(job)
  expected <- as.numeric(job$estimate)
  asked <- character()
  p <- NA
  if (job$method == "callaway_santanna") {
    found <- if (with_did) by_did(d, job) else NA
    asked <- if (with_did) "did" else "not asked: did is not installed"
  } else {
    others <- nuisance(d, job)
    found <- number_of(d, job, coefficients_of(d, treatment_of(d, job), others))
    asked <- "base"
    if (with_fixest) {
      found <- c(found, by_fixest(d, job))
      asked <- c(asked, "fixest")
    }
    if (!is.na(job$p_equal)) p <- chance(d, job, others, found[1], draws)
  }
  scale <- max(abs(expected), sd(d$y))
  differs <- any(abs(found - expected) > tolerance * scale, na.rm = TRUE)
  if (!is.na(p)) {
    error <- sqrt(0.25 / draws + 0.25 / max(1, as.numeric(job$draws)))
    differs <- differs || abs(p - as.numeric(job$p_equal)) > 4 * error
  }
  if (differs) wrong <<- wrong + 1
  data.frame(job = job$job, indicator = job$indicator, kkz_eval = expected, R = found[1], asked = paste(asked, collapse = " "),
             p_kkz_eval = as.numeric(job$p_equal), p_R = p, agrees = !differs)
})
result <- do.call(rbind, written)
write.csv(result, "replicated.csv", row.names = FALSE)
print(result[result$job == "headline", ], row.names = FALSE)
cat(sprintf("%d numbers, %d of them differ (fixest: %s, did: %s)\n", nrow(result), wrong, with_fixest, with_did))
if (wrong) quit(status = 1)
