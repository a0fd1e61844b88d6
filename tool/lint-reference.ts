import { writeFile } from 'node:fs/promises';
import { rules } from '../core/dockerfile/rules.ts';

const page = new URL('../docs/reference/lint.md', import.meta.url);

const preface = `# Rules of \`dray lint\`

What \`dray lint\` finds in a Dockerfile, and why it matters. Written by \`node tool/lint-reference.ts\` from the table
that the linter itself uses. How the order is worked out, and what is taken for granted, is told in
[decision 028](../decisions/028-the-order-of-a-dockerfile.md).

What is meant to be so is said on the line above, with the reason; without a reason it suppresses nothing:

    # drayage-lint: ignore=healthcheck-missing a job that ends by itself

Several rules are divided by commas. \`--rule ID\` looks for one rule alone, \`--level warning\` leaves the notes out. The exit
code is 1 when something is found, 2 when a file cannot be read. \`--fix\` writes the better order, and nothing else.

| rule | severity | finds |
|---|---|---|
`;

/** The reference page, in Markdown. */
export function lintReference(): string {
  const rows = rules.map(
    ({ id, severity, finds }) => `| [\`${id}\`](#${id}) | ${severity} | ${finds.replaceAll('|', '\\|')} |`,
  );
  const sections = rules.map(({ id, finds, reason, severity }) => `## ${id}\n\n${severity}: ${finds}.\n\n${reason}\n`);
  return `${preface}${rows.join('\n')}\n\n${sections.join('\n')}`;
}

if (import.meta.main) await writeFile(page, lintReference());
