import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startSeededServer } from './seeded-server.ts';

const usage = `node tool/seed/main.ts [--services 600] [--environments 20] [--clusters 4] [--listen 127.0.0.1:0] [--data FOLDER] [--serve]

Starts a server on simulated clusters and fills it through its own API: releases, one whole document for every
environment, then a rollback, a change that was left degraded, one that is under way and one that waits for it.
With --serve it stays until Ctrl-C and tells how to sign in.
`;

const count = (most: number) => z.coerce.number().int().min(1).max(most);

const given = z.object({
  services: count(2_000).default(600),
  environments: count(100).default(20),
  clusters: count(20).default(4),
  listen: z
    .string()
    .regex(/^[^:]+:\d{1,5}$/)
    .default('127.0.0.1:0'),
  data: z.string().optional(),
  serve: z.boolean().default(false),
});

async function main(args: readonly string[]): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      services: text,
      environments: text,
      clusters: text,
      listen: text,
      data: text,
      serve: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return void process.stdout.write(usage);
  const { listen, data, serve, ...size } = given.parse(values);
  const [host = '127.0.0.1', port = '0'] = listen.split(':');
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => ending.abort(new Error(`ended by ${name}`)));
  const tell = (line: string) => void process.stdout.write(`${line}\n`);
  const at = { host, port: Number(port) };
  const server = await startSeededServer({ ...size, listen: at, data: data ?? null, tell, signal: ending.signal });
  try {
    if (!serve) return;
    tell(
      `\n  export DRAYAGE_URL=${server.url} DRAYAGE_TOKEN=${server.token}\n  ${server.signInUrl}\n\nCtrl-C ends it.`,
    );
    await new Promise((resolve) => {
      // Nothing else keeps this process from being waited for.
      ending.signal.addEventListener('abort', resolve, { once: true });
    });
  } finally {
    await server.close();
  }
}

await main(process.argv.slice(2));
