-- The deployments of one environment that ended in one way, newest first, without looking through all others of either.
CREATE INDEX deployment_by_environment_outcome ON deployment (environment, outcome, sequence);
