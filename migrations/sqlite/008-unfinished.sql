-- The unfinished deployments of one environment, which every plan asks for, without looking through those of all others.
CREATE INDEX deployment_unfinished_of ON deployment (environment, sequence) WHERE phase <> 'ended';
