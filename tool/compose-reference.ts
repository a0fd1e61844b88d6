import { parseArgs } from 'node:util';
import { writeFile } from 'node:fs/promises';
import { composeKeys, keysOf, ruleOf, type KeyClass, type SectionName } from '../core/compose/keys.ts';

const page = new URL('../docs/reference/compose.md', import.meta.url);

const titles: { readonly [S in SectionName]: string } = {
  file: 'Top of the file',
  'x-drayage': '`x-drayage`',
  service: '`services.NAME`',
  healthcheck: '`services.NAME.healthcheck`',
  'service config': '`services.NAME.configs[]`',
  config: '`configs.NAME`',
  'service network': '`services.NAME.networks.NAME`',
  network: '`networks.NAME`',
  volume: '`volumes.NAME`',
  mount: '`services.NAME.volumes[]`',
  'mount tmpfs': '`services.NAME.volumes[].tmpfs`',
  port: '`services.NAME.ports[]`',
  dependency: '`services.NAME.depends_on.NAME`',
  deploy: '`services.NAME.deploy`',
  resources: '`services.NAME.deploy.resources`',
  limits: '`services.NAME.deploy.resources.limits`',
  reservations: '`services.NAME.deploy.resources.reservations`',
  update_config: '`services.NAME.deploy.update_config`',
  restart_policy: '`services.NAME.deploy.restart_policy`',
  placement: '`services.NAME.deploy.placement`',
  preference: '`services.NAME.deploy.placement.preferences[]`',
};

const preface = `# Compose keys

What becomes of each key of a Compose file. Written by \`node tool/compose-reference.ts --write\` from
\`core/compose/keys.ts\`, the table that the reader itself uses.

- **mapped**: used, with the meaning that Compose gives it.
- **ignored**: means nothing here; left out with a warning.
- **refused**: would silently do something else; the file is not accepted, and the place is named.

A key that is not listed is unknown, and refused. Keys that begin with \`x-\` are extensions and are left alone. The root
file system is read-only unless \`read_only: false\`.

Variables: \`$NAME\`, \`\${NAME}\`, \`\${NAME:-default}\`, \`\${NAME-default}\`, \`\${NAME:?error}\`, \`\${NAME?error}\`,
\`\${NAME:+replacement}\`, \`\${NAME+replacement}\`; \`$$\` is a dollar sign. Values come from \`--var NAME=VALUE\` when the
release is registered; what stays unset becomes a parameter that each environment supplies, and is required unless it has
a default. The environment of the process is never read. Images, config files, \`depends_on\` and \`x-drayage\` must be
known when the release is registered: there a default is taken at once.

Durations: \`500ms\`, \`10s\`, \`1m30s\`, \`2h\`. Bytes: \`64k\`, \`512M\`, \`1g\`, where 1k is 1024. Permissions: octal, \`0440\`
or \`0o440\`.
`;

/** The reference page, in Markdown. */
export function composeReference(): string {
  const sections = (Object.keys(composeKeys) as SectionName[]).map(renderSection);
  return `${preface}\n${sections.join('\n')}`;
}

function renderSection(name: SectionName): string {
  const classes: readonly KeyClass[] = ['mapped', 'ignored', 'refused'];
  const rows = classes.flatMap((of) =>
    keysOf(name, of).map((key) => `| \`${key}\` | ${of} | ${cell(ruleOf(name, key)?.[1] ?? '')} |`),
  );
  return [
    `## ${titles[name]}`,
    '',
    '| key | class | what it becomes, or why |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
  if (values.write) await writeFile(page, composeReference());
  else process.stdout.write(composeReference());
}
