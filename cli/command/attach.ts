import { gzip } from 'node:zlib';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { readBytes } from '../file.ts';
import { parseName, parseRelease, type NamedRelease } from '../option.ts';
import { renderAttached } from '../render/evidence.ts';
import { teach } from '../teach.ts';

const documentBytesMost = 50 * 1024 * 1024;
const compress = promisify(gzip);

/** `dray attach`: appends a document to a release as evidence. */
export function addAttach(program: Command, act: Act): void {
  const command = program
    .command('attach')
    .summary('append an SBOM, a report or a statement to a release')
    .description(
      'Appends documents to a release as evidence: what they are is told by their content. They are kept byte for byte under their digest; a document that speaks of another image is refused.',
    )
    .argument('<release>', 'service@version', parseRelease)
    .argument(
      '<file...>',
      'CycloneDX or SPDX, a report of Trivy or Grype, SARIF, OpenVEX, an in-toto statement, or a signature as a sigstore bundle, as JSON',
    )
    .option('--component <name>', 'whose image they speak of, where they do not say so themselves', parseName)
    .action((release: NamedRelease, files: readonly string[], options: { readonly component?: string }) =>
      act(command, async (context) => await attach(context, release, files, options.component ?? null)),
    );
  teach(command, {
    notes: [
      'At most 50 MiB each. The same document once more changes nothing.',
      'The answer says which environments run the release, and which of them would refuse it now; the event on the ledger says it too.',
    ],
    examples: [
      ['dray attach cart@1.4.2 sbom.cdx.json', 'the packages of its image'],
      ['dray attach cart@1.4.2 trivy.json vex.json', 'what a scanner found, and what is said of it'],
      ['dray attach cart@1.4.2 cosign.bundle.json', 'a signature, or signed provenance'],
      ['dray attach shop@2.0 grype.json --component db', 'a report that names no image'],
    ],
    exits: [0, 1, 2, 9, 11],
  });
}

async function attach(
  context: Context,
  { service, version }: NamedRelease,
  files: readonly string[],
  component: string | null,
): Promise<ExitCode> {
  const { terminal, io, signal } = context;
  for (const [index, file] of files.entries()) {
    const content = (await compress(await readBytes(io, file, documentBytesMost))).toString('base64');
    const body = { content, compressed: true, component };
    const view = await context.client().call('attachEvidence', { params: { service, version }, body, signal });
    terminal.say(`${terminal.style.green('appended')}: ${file}`);
    if (index < files.length - 1) continue;
    terminal.result(view);
    terminal.say(renderAttached(view, terminal.style, io.now()));
  }
  return exitCode.done;
}
