/** A service definition to begin with. `readDefinition` accepts it as it stands. */
export const starterDefinition = `# A service definition: a Compose file (https://compose-spec.io) that docker compose can run too.
# Register a version of it with: dray release NAME VERSION -f compose.yaml

x-drayage:
  owner: your-team # who answers for this service
  # runbook: https://example.com/runbook
  # role: front-end # run on every cluster that bears this role
  # needs: [catalog] # services that must be there, and are updated first
  # deadline: 3m # how long one step of a deployment may take

services:
  web:
    # Built and pushed before the release; \${TAG} is filled in with --var TAG=...
    image: registry.example.com/your-team/web:\${TAG:-0.1.0}
    environment:
      # Not known when the release is registered: each environment gives it, or the default holds.
      LOG_LEVEL: \${LOG_LEVEL:-info}
    ports:
      - "8080:80" # PUBLISHED:TARGET
    healthcheck:
      # Without it a task that merely started would count as healthy.
      test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:80/healthz"]
      interval: 5s
      timeout: 3s
      retries: 3
      start_period: 10s
    # The root file system is read-only; say here what the process must write.
    tmpfs:
      - /tmp
    stop_grace_period: 10s
    deploy:
      replicas: 2
      resources:
        limits: { cpus: "0.5", memory: 256M }
      update_config: { order: start-first, parallelism: 1, monitor: 10s }
      restart_policy: { condition: any, delay: 5s }
`;
