import { writeFile } from 'node:fs/promises';
import { sectionPaths } from '../core/compose/key-paths.ts';
import { composeKeys, keysOf, ruleOf, type KeyClass, type KeyRule, type SectionName } from '../core/compose/keys.ts';

const page = new URL('../docs/reference/compose.md', import.meta.url);

const preface = `# Compose keys

What becomes of each key of a Compose file. Written by \`node tool/compose-reference.ts\` from
\`core/compose/keys.ts\`, the table that the reader itself uses.

- **mapped**: used, with the meaning that Compose gives it.
- **ignored**: means nothing here; left out with a warning.
- **refused**: would silently do something else; the file is not accepted, and the place is named.

What stands in the last column reaches out of a container into its node, wholly or with some values, and the plan
refuses it unless the Platform document allows it to the service in the environment:

    environments:
      prod:
        allows:
          cart: { binds: [/var/log], capabilities: [NET_ADMIN], hostNetwork: true, volumeDrivers: [nfs] }

\`binds\` allows each path and all below it; the engine's socket is a path like any other, and whoever reaches it rules
the cluster. \`capabilities\` is asked of those only that the engine does not give to every container. \`volumeDrivers\`
with \`local\` allows that driver's options, which can mount anything, an NFS share as well as a disk of the node.

A key that is not listed is unknown, and refused. Keys that begin with \`x-\` are extensions and are left alone. The root
file system is read-only unless \`read_only: false\`.

Variables: \`$NAME\`, \`\${NAME}\`, \`\${NAME:-default}\`, \`\${NAME-default}\`, \`\${NAME:?error}\`, \`\${NAME?error}\`,
\`\${NAME:+replacement}\`, \`\${NAME+replacement}\`; \`$$\` is a dollar sign. Values come from \`--var NAME=VALUE\` when the
release is registered; what stays unset becomes a parameter that each environment supplies, and is required unless it has
a default. The environment of the process is never read. Images, config files, \`depends_on\` and \`x-drayage\` must be
known when the release is registered: there a default is taken at once. (Configs that are templates: see below.)

A definition may be several files: \`dray release -f compose.yaml -f compose.prod.yaml\` merges them by the rules of
Compose (maps by key, lists one after the other, commands replaced, ports, volumes, configs and secrets by what they are
mounted or published as, \`!reset\`, \`!override\`), after each had its own variables, \`include\` and \`extends\` resolved.
What they name (\`include\`, \`extends\`, \`env_file\`, \`label_file\`, config files) is sent along; it lies below the folder
of the first file, and with it the release is complete: at most 50 files, 1 MiB and 20,000 nodes together, 20 levels. The
identity of a release is that of the one document they come to. Otherwise than with \`docker compose\`, the project's own
\`.env\` is not read (name it with \`--env-file\`), a variable without a value in an env file becomes a parameter, and one
name that says two things in an included file and here is refused.

\`x-drayage.parameters\` says more of parameters than their place does:

    x-drayage:
      parameters:
        LOG_LEVEL: { type: enum, values: [info, warn, error], default: info, description: How much is written }
        RATE: { type: integer, min: 1, max: 100, required: true }
        CATALOG_URL: { type: url, pattern: 'https://.+' }
      templates: [proxy]

A value is checked before it is used anywhere, also a default. It comes from the first of these that gives one: the
service's own entry in the Deployment document (\`services.cart.parameters\`), its \`parameters\` for all services, the
environment's for the service (\`environments.prod.services.cart.parameters\` in the Platform document), the
environment's for all (\`environments.prod.parameters\`), the default. A default is a value by itself: it names no other
parameter, so that there are no circles. A pattern has to match the whole value; its dollar signs are written \`$$\`. What
a document gives a value and no release has is an error of the plan.

\`x-drayage.secrets\` says what a newer version of a secret does, for a service that need not start anew for it:

    secrets:
      password: { external: true, name: cart-db-password }
    x-drayage:
      secrets:
        password: { restart: never }

With \`never\` a newer version alone restarts nothing. An engine gives a task its secrets when it makes it, so the tasks
keep the version that they have, and take the newest with the next change that restarts all that mounts the secret; every
plan says so until then. \`--restart\` of \`dray plan\` and \`dray deploy\` goes before it.

\`x-drayage.templates\` names configs in whose content parameters are filled in. Inline \`content\` is a text of the Compose
file like any other. In a file only \`\${NAME}\` counts, with the operators above, of parameters that the Compose file uses
or declares; \`$\${\` stands for \`\${\`, and every other dollar sign for itself. It is UTF-8 and has at most 256 KiB. Configs
that are not named there are files as they are.

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
  const rows = classes.flatMap((of) => keysOf(name, of).map((key) => renderRow(key, ruleOf(name, key))));
  const path = sectionPaths[name].replaceAll('*', 'NAME');
  return [
    path === '' ? '## Top of the file' : `## \`${path}\``,
    '',
    '| key | class | what it becomes, or why | allowance |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function renderRow(key: string, rule: KeyRule | undefined): string {
  if (rule === undefined) throw new Error(`there is no rule for ${key}`);
  const [is, what, notes] = rule;
  const harmless = notes?.harmless === undefined ? '' : `; \`${notes.harmless}\` is left out`;
  const allowance = notes?.allowance === undefined ? '' : `\`${notes.allowance}\``;
  return `| \`${key}\` | ${is} | ${cell(what + harmless)} | ${allowance} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

if (import.meta.main) await writeFile(page, composeReference());
