import { writeFile } from 'node:fs/promises';
import { metrics } from '../port/metrics.ts';

const page = new URL('../docs/reference/metrics.md', import.meta.url);

const preface = `# Metrics

What \`GET /metrics\` tells in the text format of Prometheus. It takes a token, as every route that tells of deliveries
does: give Prometheus one with the role viewer (\`authorization: { credentials_file: ... }\` in its scrape configuration).
Written by \`node tool/metrics-reference.ts\` from \`port/metrics.ts\`, the table that the server itself uses.

A moment is told as seconds since 1970, and its age is \`time() - NAME\`: a look that is not renewed grows old by itself.
What was never measured, or cannot be read just now, is absent and never 0. Counters begin at 0 with each start of the
server; what has to outlive it is on the ledger. Beside these stand the process's own figures, \`process_*\` and \`nodejs_*\`.

Worth an alert:

| what | expression |
| --- | --- |
| a cluster does not answer | \`drayage_cluster_up == 0\` |
| nothing is known of an environment any more | \`time() - drayage_cluster_last_look_timestamp_seconds > 60\` |
| deployments are not driven | \`time() - drayage_drive_last_round_timestamp_seconds > 30\` |
| a rollback failed | \`increase(drayage_deployments_ended_total{outcome="rollback-failed"}[15m]) > 0\` |
| the ledger is slow | \`histogram_quantile(0.99, rate(drayage_ledger_append_duration_seconds_bucket[5m])) > 0.25\` |
| Drayage itself did something wrong | \`increase(drayage_http_problems_total{code="server.bug"}[15m]) > 0\` |
| somebody guesses tokens | \`rate(drayage_authentication_failures_total[5m]) > 1\` |

## Of Drayage

| metric | kind | labels | what it tells |
| --- | --- | --- | --- |
`;

/** The reference page, in Markdown. */
export function metricsReference(): string {
  return `${preface}${Object.entries(metrics)
    .map(([name, { kind, labels, help }]) => {
      const named = labels.map((label) => `\`${label}\``).join(', ');
      return `| \`${name}\` | ${kind} | ${named} | ${help.replaceAll('|', '\\|')} |\n`;
    })
    .join('')}`;
}

if (import.meta.main) await writeFile(page, metricsReference());
